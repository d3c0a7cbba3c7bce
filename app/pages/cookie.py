"""The cookie that holds a person's token, and the proof that a form came from our own page.

A page's form is believed when the browser says that it came from here (`Sec-Fetch-Site`, or `Origin` where that is
missing) and, for whoever is signed in, when it carries a token made from the cookie that no other site can read.
"""

import hmac
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request, Response

from app.errors import FormForeign
from indexer.keyring import KeyRing

SESSION_COOKIE = "__Host-homeward"  # the prefix: only over TLS or on this machine, for this host alone, for every path
LANGUAGE_COOKIE = "homeward-language"
BROWSER_COOKIE = "__Host-homeward-passkey"  # of a stranger who was asked for a passkey: the answer comes from there
BROWSER_SECONDS = 300
FORM_FIELD, FORM_HEADER = "form_token", "X-Form-Token"


def keep_token(response: Response, token: str, until: datetime | None = None) -> None:
    """``until`` None: for as long as the browser is open."""
    response.set_cookie(SESSION_COOKIE, token, path="/", expires=until, secure=True, httponly=True, samesite="strict")


def forget_token(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def keep_browser(response: Response, browser: str) -> None:
    response.set_cookie(
        BROWSER_COOKIE, browser, path="/", max_age=BROWSER_SECONDS, secure=True, httponly=True, samesite="strict"
    )


def bearer_of(request: Request) -> str | None:
    """What `app.auth.tokens` reads, from the cookie."""
    token = request.cookies.get(SESSION_COOKIE)
    return f"Bearer {token}" if token else None


def form_token(keyring: KeyRing, request: Request) -> str:
    """64 hexadecimal characters; empty for whoever is not signed in."""
    token = request.cookies.get(SESSION_COOKIE)
    return keyring.digest_of("form token", token.encode()).hex() if token else ""


def require_own_page(request: Request) -> None:
    """`FormForeign`."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host", "") != ""
    if not ours:
        raise FormForeign


def require_form_token(keyring: KeyRing, request: Request, sent: str) -> None:
    """`FormForeign`."""
    if not hmac.compare_digest(sent.encode(), form_token(keyring, request).encode()):
        raise FormForeign
