"""Sending to the operator's address over HTTP, signed."""

from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from indexer.errors import MessageNotSent
from indexer.messages.content import Content, signature

SECONDS = 10.0


class _NoRedirects(HTTPRedirectHandler):
    """A message goes to the address that was set up, and to no other."""

    def redirect_request(
        self, _req: Request, _fp: IO[bytes], _code: int, _msg: str, _headers: HTTPMessage, _newurl: str
    ) -> Request | None:
        return None


def post(url: str, secret: str, content: Content) -> None:
    """`MessageNotSent` unless the answer is 2xx."""
    headers = {
        "Content-Type": "application/json",
        "X-Homeward-Id": content.id,
        "X-Homeward-Signature": signature(secret, content.json),
    }
    request = Request(url, data=content.json, headers=headers, method="POST")  # noqa: S310 - settings allow no other
    opener = build_opener(ProxyHandler({}), _NoRedirects)
    try:
        with opener.open(request, timeout=SECONDS):
            pass
    except (OSError, HTTPException) as error:  # a refusal is an HTTPError, which is an OSError
        raise MessageNotSent(channel="webhook", reason=_short(error)) from error


def _short(error: Exception) -> str:
    """Without the address, which may hold a secret."""
    code = getattr(error, "code", None)
    return f"status_{code}" if code else type(error).__name__
