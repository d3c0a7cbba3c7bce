"""How many connections there may be at once (`connections_at_once`), and how long one may take to say what it wants.

Uvicorn waits for the end of a request's head as long as the other side likes, and a few hundred unfinished ones would
be all; and what it answers to one too many says neither when to come back nor that the service lives.
"""

import asyncio
import secrets
from collections.abc import Sized

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.edge import edge_headers
from app.errors import ServiceBusy
from app.problems import problem_response

HEAD_SECONDS = 30.0
ALWAYS_ANSWERED = "/livez"
"""Whoever starts again what does not answer would do it to a service that has much to do."""


class PatientProtocol(H11Protocol):
    """Turns away whom there is no room for, and hangs up when a request's head is not here in time.

    What comes after the head has its own limit (`app.body_limit`).
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.limit_concurrency is not None:
            self.app = _Door(self.app, self.connections, self.limit_concurrency)
            self.limit_concurrency = None  # uvicorn's own door is not asked
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget_deadline()

    def _set_deadline(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._forget_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Door:
    """Before ``app``, while there are ``most`` of ``connections`` and no more."""

    def __init__(self, app: ASGIApp, connections: Sized, most: int) -> None:
        self._app, self._connections, self._most = app, connections, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if len(self._connections) > self._most and scope["path"] != ALWAYS_ANSWERED:
            headers = {"Connection": "close", **edge_headers(secrets.token_hex(16))}
            app = problem_response(ServiceBusy(), headers=headers)
        await app(scope, receive, send)
