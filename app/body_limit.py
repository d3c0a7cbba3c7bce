"""The size of a request's body, counted as it arrives and before anything is parsed."""

import re

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import BodyTooLarge
from app.problems import BodyLimitReached, problem_response

FORM_BYTES = 64 * 2**10  # the other fields of an upload, and the boundaries between them
JSON_BYTES = 256 * 2**10
_UPLOADS = re.compile(r"(/v1)?/photos|(/v1)?/cases/[^/]+/references")


class BodyLimitMiddleware:
    """A declared length is not believed: a chunked body has none, so every byte is counted in `receive`."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int) -> None:
        self.app = app
        self.max_upload_bytes = max_upload_bytes
        # Starlette would write a larger file in the clear to the temporary folder; here every photo on disk is sealed.
        MultiPartParser.spool_max_size = max_upload_bytes + FORM_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > limit:  # int() of a very long number takes long
            if scope["path"].startswith("/v1/"):
                refusal = problem_response(BodyTooLarge(limit=limit), headers={"Connection": "close"})
                await refusal(scope, receive, send)
                return
            receive = _refusing(limit)  # whoever sends a form is answered with a page
        await self.app(scope, _counted(receive, limit), send)

    def _limit(self, path: str) -> int:
        return self.max_upload_bytes + FORM_BYTES if _UPLOADS.fullmatch(path) else JSON_BYTES


def _refusing(limit: int) -> Receive:
    async def refuse() -> Message:
        raise BodyLimitReached(limit)

    return refuse


def _counted(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def receive_counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise BodyLimitReached(limit)
        return message

    return receive_counted
