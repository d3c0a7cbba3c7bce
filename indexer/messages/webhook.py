"""Sending to the operator's address over HTTP, signed."""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, urlsplit

from indexer.errors import MessageNotSent
from indexer.messages.content import Content, signature
from indexer.messages.exchange import SECONDS, Line, within

_SAFE = "%/:=&?~#+!$,;'@()*[]"  # what an address may hold as it is


def post(url: str, secret: str, content: Content) -> None:
    """`MessageNotSent` unless the answer is 2xx, and is there within `SECONDS`.

    A message goes to the address that was set up and to no other: no redirect is followed and no proxy asked. Of the
    answer only the status and the headers are read.
    """
    try:
        within(SECONDS, lambda line: _exchange(line, url, secret, content))
    except (OSError, HTTPException) as error:
        raise MessageNotSent(channel="webhook", reason=type(error).__name__) from error


def _exchange(line: Line, url: str, secret: str, content: Content) -> None:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Homeward",
        "X-Homeward-Id": content.id,
        "X-Homeward-Signature": signature(secret, content.json),
        "Connection": "close",
    }
    connection = _connection(url)
    try:
        connection.connect()
        line.over(connection.sock)
        connection.request("POST", _target(url), content.json, headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise MessageNotSent(channel="webhook", reason=f"status_{status}")


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=SECONDS, context=ssl.create_default_context())
    return HTTPConnection(host, parts.port, timeout=SECONDS)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
