"""What every request passes first: it gets a name, its answer the security headers, its time is taken."""

import re
import secrets
import time
from collections.abc import Callable
from typing import Any, cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Answered = Callable[[str, str, int, float], None]  # method, route template, status, seconds
UNKNOWN = "unknown"

_USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")  # anything else could forge a line of a log

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
STRICT_TRANSPORT = "max-age=31536000"
SIGNED_OUT = {"Clear-Site-Data": '"cache"'}
"""With it go pages that the way back would show. Not "storage": photos that a volunteer has yet to send wait there."""


def edge_headers(request_id: str) -> dict[str, str]:
    return {"X-Request-Id": request_id, **SECURITY_HEADERS}


def request_id_of(scope: Scope) -> str:
    return cast("str", scope["state"]["request_id"])


class EdgeMiddleware:
    """Takes a request's X-Request-Id where it is well formed, else makes one, and echoes it."""

    def __init__(self, app: ASGIApp, answered: Answered, encrypted: bool = False) -> None:
        """``encrypted``: here, or by a proxy in front, whatever the request says."""
        self.app = app
        self.answered = answered
        self.encrypted = encrypted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if _USABLE.fullmatch(asked) else secrets.token_hex(16)
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id
        began = time.monotonic()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _put_headers(message, request_id, self.encrypted or scope["scheme"] == "https")
                self.answered(scope["method"], _template(scope), message["status"], time.monotonic() - began)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _put_headers(message: Message, request_id: str, encrypted: bool) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in edge_headers(request_id).items():
        headers.setdefault(name, value)
    if encrypted:
        headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)


def _template(scope: Scope) -> str:
    """The path of the route, without ids. A path that is no route has no place in a metric: anyone can make them up."""
    return getattr(scope.get("route"), "path", UNKNOWN)
