"""Routes that take a file: a stranger's is not kept in memory."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.auth.tokens import open_proof
from app.deps import get_house
from app.errors import NotSignedIn

MULTIPART = "multipart/form-data"
"""Of a form with a file; FastAPI does not see the file inside a model and would describe another."""


class SignedInFirst(APIRoute):
    """FastAPI reads a form whole before it asks who sends it: a few hundred strangers would fill the memory."""

    @staticmethod
    def bearer(request: Request) -> str | None:
        return request.headers.get("authorization")

    @staticmethod
    async def read_first(request: Request) -> None:
        """What FastAPI does not read by itself before the request is among those at work."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_known(request: Request) -> Response:
            if request.method == "POST":
                await _require_known(request, self.bearer(request))
                await self.read_first(request)
            return await handle(request)

        return handle_known


async def _require_known(request: Request, bearer: str | None) -> None:
    try:
        await run_in_threadpool(open_proof, get_house(request), bearer)
    except NotSignedIn:
        with suppress(ClientDisconnect):
            async for _ in request.stream():  # to its end: whoever is cut off while sending does not hear why
                pass
        raise
