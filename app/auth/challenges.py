"""Challenges for passkeys: for one purpose and one browser, good once and for five minutes.

A challenge says until when it is good and carries a keyed digest over that, its purpose and its browser. Asking for one
writes nothing, so a stranger who asks for a thousand fills no table; only an answered one is remembered.
"""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.errors import PasskeyRefused
from indexer.keyring import KeyRing
from models.records import UsedChallenge
from models.types import now

GOOD_FOR = timedelta(minutes=5)
_TIME, _RANDOM = 8, 16  # bytes; then a digest of 32


class Purpose(StrEnum):
    SIGN_IN = "sign in"
    REGISTER = "register"
    PROVE = "prove"


def new_challenge(keyring: KeyRing, purpose: Purpose, browser: str) -> bytes:
    """56 bytes. ``browser``: what only the browser that asks has in a cookie."""
    until = int((now() + GOOD_FOR).timestamp())
    body = until.to_bytes(_TIME) + secrets.token_bytes(_RANDOM)
    return body + _digest(keyring, purpose, browser, body)


def require_challenge(keyring: KeyRing, purpose: Purpose, browser: str, challenge: bytes) -> None:
    """`PasskeyRefused`: not ours, for something else, another browser's, or too late."""
    body, digest = challenge[: _TIME + _RANDOM], challenge[_TIME + _RANDOM :]
    ours = hmac.compare_digest(digest, _digest(keyring, purpose, browser, body))
    if not (ours and browser) or _end(challenge) <= now():
        raise PasskeyRefused


def use_challenge(session: Session, keyring: KeyRing, challenge: bytes) -> None:
    """It is not taken again. `PasskeyRefused`; of two at once the database lets one win."""
    digest = keyring.digest_of("used passkey challenge", challenge).hex()
    session.execute(delete(UsedChallenge).where(UsedChallenge.expires_at < now()))
    if session.get(UsedChallenge, digest) is not None:
        raise PasskeyRefused
    session.add(UsedChallenge(digest=digest, expires_at=_end(challenge)))
    session.flush()


def _end(challenge: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(challenge[:_TIME]), UTC)


def _digest(keyring: KeyRing, purpose: Purpose, browser: str, body: bytes) -> bytes:
    return keyring.digest_of(f"passkey challenge to {purpose}", body + browser.encode())
