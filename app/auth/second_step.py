"""An account with a passkey opens with it, or with its password and a recovery code: never with the password alone."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import PasskeyWanted, SecondStepWanted, SignInRefused
from app.house import House
from indexer.keyring import KeyRing
from models.actor import Actor, act
from models.records import Passkey, RecoveryCode
from models.user import Role, StartedWith

CODES = 10
GROUPS, LETTERS_IN_GROUP = 4, 5  # 20 letters of 32: 100 bits
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none that is taken for another
_MEANT = str.maketrans("oil", "011")
MAY_BE_REQUIRED = frozenset({Role.SUPERVISOR, Role.ADMIN})


def passkeys_of(session: Session, user_id: UUID) -> Sequence[Passkey]:
    """Oldest first."""
    return session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.made_at)).all()


def codes_of(session: Session, user_id: UUID) -> Sequence[RecoveryCode]:
    return session.scalars(select(RecoveryCode).where(RecoveryCode.user_id == user_id)).all()


def require_passkey(house: House, actor: Actor) -> None:
    """`PasskeyWanted`, where the operator wants one of this role and the account has none."""
    if house.settings.require_passkeys and actor.role in MAY_BE_REQUIRED:
        with house.context.database.reading() as session:
            if not passkeys_of(session, actor.id):
                raise PasskeyWanted


def take_second_step(session: Session, keyring: KeyRing, actor: Actor, code: str | None) -> StartedWith:
    """After the right password. `SecondStepWanted`; `SignInRefused`: no such code, or used."""
    if not passkeys_of(session, actor.id):
        return StartedWith.PASSWORD
    if code is None:
        raise SecondStepWanted
    hashed = _hash(keyring, actor.id, code)
    query = select(RecoveryCode).where(RecoveryCode.code_hash == hashed, RecoveryCode.used_at.is_(None))
    kept = session.scalar(query.with_for_update())
    if kept is None:
        raise SignInRefused
    kept.use()
    act(session, actor, "recovery_code.use", "recovery_code", kept.id)
    return StartedWith.RECOVERY_CODE


def new_codes(session: Session, keyring: KeyRing, actor: Actor) -> list[str]:
    """Ten codes, shown this once; the earlier ones, used or not, are no more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == actor.id))
    codes = [_new_code() for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=actor.id, code_hash=_hash(keyring, actor.id, code)) for code in codes)
    act(session, actor, "recovery_code.make", "user", actor.id)
    return codes


def forget_second_step(session: Session, user_id: UUID) -> None:
    """The account is as if it had never had a passkey."""
    session.execute(delete(Passkey).where(Passkey.user_id == user_id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _new_code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(LETTERS_IN_GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def _hash(keyring: KeyRing, user_id: UUID, code: str) -> str:
    """Case, spaces and hyphens do not count, nor does an o for a 0. Keyed: 100 random bits need no slow hash."""
    plain = "".join(each for each in code.casefold().translate(_MEANT) if each.isalnum())
    return keyring.digest_of("recovery code", user_id.bytes + plain.encode()).hex()
