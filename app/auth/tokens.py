"""Tokens: opaque, random, with a checksum; only a keyed digest is kept.

hws_...  a session: everyone but volunteers, ends by itself
hwv_...  a volunteer's key: 90 days
hwi_...  an invitation: once
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from app.errors import NotSignedIn
from app.house import House
from app.settings import ServiceSettings
from indexer.keyring import KeyRing
from models.actor import Actor
from models.types import now
from models.user import ApiKey, User, UserSession, UserState

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_RANDOM = 43  # letters of 62: 256 bits
_CHECK = 6
PREFIX_SHOWN = 12  # of a key, in lists: enough to tell two apart, far too little to guess from


class TokenKind(StrEnum):
    SESSION = "hws_"
    KEY = "hwv_"
    INVITATION = "hwi_"


def new_token(kind: TokenKind) -> str:
    body = kind + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return body + _check(body)


def kind_of(token: str) -> TokenKind | None:
    """The kind of a well-formed token; a mistyped or cut one is none and needs no look into the database."""
    body, check = token[:-_CHECK], token[-_CHECK:]
    if len(body) != 4 + _RANDOM or not token.isascii() or _check(body) != check:
        return None
    return next((kind for kind in TokenKind if token.startswith(kind)), None)


def token_digest(keyring: KeyRing, token: str) -> str:
    """What is stored of a token: 64 hexadecimal characters."""
    return keyring.token_hash(token).hex()


def actor_for(house: House, authorization: str | None, request_id: str) -> Actor:
    """The account behind an Authorization header; role and state are read afresh each time. `NotSignedIn`."""
    proof = open_proof(house, authorization)
    with house.context.database.reading() as session:
        user = session.get_one(User, proof.user_id)
    if user.state is UserState.DISABLED:
        raise NotSignedIn
    _keep_alive(house, proof)
    return Actor(user, request_id)


def open_proof(house: House, authorization: str | None) -> UserSession | ApiKey:
    """The session or key of the bearer token. `NotSignedIn`."""
    kind, token = _bearer(authorization)
    digest = token_digest(house.context.keyring, token)
    proof: UserSession | ApiKey | None
    with house.context.database.reading() as session:
        if kind is TokenKind.SESSION:
            proof = session.scalar(select(UserSession).where(UserSession.token_hash == digest))
        else:
            proof = session.scalar(select(ApiKey).where(ApiKey.token_hash == digest))
    if proof is None or not proof.is_open(now()):
        raise NotSignedIn
    return proof


def _keep_alive(house: House, proof: UserSession | ApiKey) -> None:
    """Put a session's idle end off, at most once a minute; note on which day a key was used."""
    if isinstance(proof, ApiKey):
        if proof.last_used_on != now().date():
            with house.context.database.writing() as session:
                session.get_one(ApiKey, proof.id).use(now().date())
        return
    until = session_end(house.settings, proof.started_at)
    if until - proof.expires_at > timedelta(minutes=1):
        with house.context.database.writing() as session:
            session.get_one(UserSession, proof.id).put_off(until)


def session_end(settings: ServiceSettings, started_at: datetime) -> datetime:
    """When a session ends that is used now: by idling, or at its longest."""
    idle = now() + timedelta(minutes=settings.session_idle_minutes)
    return min(idle, started_at + timedelta(hours=settings.session_hours))


def _bearer(authorization: str | None) -> tuple[TokenKind, str]:
    scheme, _, token = (authorization or "").partition(" ")
    kind = kind_of(token)
    if scheme.lower() != "bearer" or kind not in {TokenKind.SESSION, TokenKind.KEY}:
        raise NotSignedIn
    assert kind is not None
    return kind, token


def _check(body: str) -> str:
    number = int.from_bytes(hashlib.sha256(body.encode()).digest()[:8])
    return "".join(_LETTERS[number // 62**place % 62] for place in range(_CHECK))
