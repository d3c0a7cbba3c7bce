"""The size of a request's body and the pace it comes at, counted as it arrives and before anything is parsed.

A body that is no upload is small, and is here whole before its request is worked on: one that trickles in holds up
nobody. (A form of a page is read while its request is among those at work, of which there are only so many at once.)
"""

import asyncio
import re
import time

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import BodyTooLarge, BodyTooSlow
from app.problems import BodyRefused, problem_response
from models.errors import HomewardError

FORM_BYTES = 64 * 2**10  # the other fields of an upload, and the boundaries between them
JSON_BYTES = 256 * 2**10
SILENCE_SECONDS = 30.0
"""So long without a byte, and nobody waits for the next."""
LEAST_BYTES_A_SECOND = 256
"""On average, once `SILENCE_SECONDS` are over. A poor telephone line gives several times as much (GPRS: 1 kB)."""
_UPLOADS = re.compile(r"(/v1)?/photos|(/v1)?/cases/[^/]+/references")


class BodyLimitMiddleware:
    """A declared length is not believed: a chunked body has none, so every byte is counted in `receive`."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int, silence_seconds: float = SILENCE_SECONDS) -> None:
        self.app = app
        self.max_upload_bytes = max_upload_bytes
        self.silence_seconds = silence_seconds
        # Starlette would write a larger file in the clear to the temporary folder; here every photo on disk is sealed.
        MultiPartParser.spool_max_size = max_upload_bytes + FORM_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_upload = _UPLOADS.fullmatch(scope["path"]) is not None
        limit = self.max_upload_bytes + FORM_BYTES if is_upload else JSON_BYTES
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > limit:  # int() of a very long number takes long
            refused: HomewardError = BodyTooLarge(limit=limit)
            if scope["path"].startswith("/v1/"):
                await problem_response(refused, headers={"Connection": "close"})(scope, receive, send)
                return
            receive = _refusing(BodyRefused(refused))  # whoever sends a form is answered with a page
        arriving = _Arriving(receive, limit, self.silence_seconds)
        await self.app(scope, arriving.next if is_upload else await arriving.whole(), send)


class _Arriving:
    """One body."""

    def __init__(self, receive: Receive, limit: int, silence_seconds: float) -> None:
        self._receive, self._limit, self._silence = receive, limit, silence_seconds
        self._began, self._seen, self._is_here = time.monotonic(), 0, False

    async def next(self) -> Message:
        """`BodyRefused`. After the body there is no hurry: what comes then is that the other end went away."""
        if self._is_here:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._silence)
        except TimeoutError:
            raise BodyRefused(BodyTooSlow()) from None
        self._seen += len(message.get("body", b""))
        self._is_here = not message.get("more_body", False)
        if self._seen > self._limit:
            raise BodyRefused(BodyTooLarge(limit=self._limit))
        if not self._is_here and self._is_slow():
            raise BodyRefused(BodyTooSlow())
        return message

    async def whole(self) -> Receive:
        """Wait for all of it: it then comes in one message; a refusal is raised where the body is read."""
        parts: list[bytes] = []
        try:
            while not self._is_here:
                message = await self.next()
                parts.append(message.get("body", b""))
        except BodyRefused as refused:
            return _refusing(refused)
        if message["type"] != "http.request":
            return _first(message, self._receive)
        return _first({"type": "http.request", "body": b"".join(parts), "more_body": False}, self._receive)

    def _is_slow(self) -> bool:
        seconds = time.monotonic() - self._began
        return seconds > self._silence and self._seen < LEAST_BYTES_A_SECOND * seconds


def _refusing(refused: BodyRefused) -> Receive:
    async def refuse() -> Message:
        raise refused

    return refuse


def _first(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def take() -> Message:
        return waiting.pop() if waiting else await receive()

    return take
