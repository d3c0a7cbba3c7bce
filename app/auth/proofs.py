"""What an account shows to prove itself: a session, or a volunteer's key. Made here, ended here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.tokens import PREFIX_SHOWN, TokenKind, new_token, open_proof, session_end, token_digest
from app.house import House
from app.settings import ServiceSettings
from indexer.keyring import KeyRing
from models.actor import Actor, act
from models.records import ApiKey, User, UserSession
from models.types import now
from models.user import StartedWith


@dataclass(frozen=True)
class Proof:
    """A token, shown this once, and whose it is."""

    user: User
    kind: TokenKind
    token: str
    expires_at: datetime
    started_with: StartedWith | None = None  # of a session


def new_session(
    session: Session, house: House, actor: Actor, started_with: StartedWith = StartedWith.PASSWORD
) -> Proof:
    token, started = new_token(TokenKind.SESSION), now()
    row = UserSession(
        user_id=actor.id,
        token_hash=token_digest(house.context.keyring, token),
        started_at=started,
        started_with=started_with,
        expires_at=session_end(house.settings, started),
    )
    session.add(row)
    session.flush()
    act(session, actor, "session.start", "session", row.id, f"with {started_with}")
    ends = started + timedelta(hours=house.settings.session_hours)
    return Proof(actor.user, TokenKind.SESSION, token, ends, started_with)


def held_account(session: Session, user_id: UUID) -> User:
    """Read afresh and held until commit: no session begins while its account is changed, nor survives that.

    Without its keys (`key_share`): rows that refer to it may go on being written.
    """
    query = select(User).where(User.id == user_id).execution_options(populate_existing=True)
    return session.scalars(query.with_for_update(key_share=True)).one()


def new_key(session: Session, house: House, actor: Actor) -> Proof:
    """A volunteer's first key."""
    row, token = add_key(session, house.context.keyring, house.settings, actor.user)
    act(session, actor, "key.make", "key", row.id)
    return Proof(actor.user, TokenKind.KEY, token, row.expires_at)


def add_key(session: Session, keyring: KeyRing, settings: ServiceSettings, volunteer: User) -> tuple[ApiKey, str]:
    token = new_token(TokenKind.KEY)
    row = ApiKey(
        user_id=volunteer.id,
        prefix=token[:PREFIX_SHOWN],
        token_hash=token_digest(keyring, token),
        expires_at=now() + timedelta(days=settings.key_days),
    )
    session.add(row)
    session.flush()
    return row, token


def end_proof(session: Session, house: House, actor: Actor, authorization: str | None) -> None:
    """What this token opens ends: the session, or the key."""
    shown = open_proof(house, authorization)
    if isinstance(shown, UserSession):
        session.get_one(UserSession, shown.id).end()
        act(session, actor, "session.end", "session", shown.id)
    else:
        session.get_one(ApiKey, shown.id).revoke()
        act(session, actor, "key.revoke", "key", shown.id)


def end_all(session: Session, user: User) -> None:
    """No session and no key of ``user`` works from this commit on."""
    for started in session.scalars(select(UserSession).where(UserSession.user_id == user.id)):
        started.end()
    revoke_keys(session, user)


def revoke_keys(session: Session, user: User) -> None:
    for key in session.scalars(select(ApiKey).where(ApiKey.user_id == user.id)):
        key.revoke()
