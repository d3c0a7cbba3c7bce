"""Volunteers' keys: an admin renews and revokes them."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.auth.proofs import add_key, revoke_keys
from app.errors import KeyNotForRole, NotFound
from app.settings import ServiceSettings
from indexer.keyring import KeyRing
from models.actor import Actor, act
from models.records import ApiKey, User
from models.user import Role


def renew_key(
    session: Session, keyring: KeyRing, settings: ServiceSettings, actor: Actor, user_id: UUID
) -> tuple[ApiKey, str]:
    """A new key; the volunteer's earlier ones stop working. `NotFound`, `KeyNotForRole`."""
    volunteer = session.get(User, user_id)
    if volunteer is None:
        raise NotFound(thing="account")
    if volunteer.role is not Role.VOLUNTEER or not volunteer.is_active:
        raise KeyNotForRole
    revoke_keys(session, volunteer)
    key, token = add_key(session, keyring, settings, volunteer)
    act(session, actor, "key.make", "key", key.id)
    return key, token


def revoke_key(session: Session, actor: Actor, key_id: UUID) -> None:
    """`NotFound`."""
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFound(thing="key")
    key.revoke()
    act(session, actor, "key.revoke", "key", key.id)
