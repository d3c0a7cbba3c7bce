"""Accounts: made from an invitation, approved by a supervisor, disabled and never deleted."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.proofs import end_all
from app.auth.second_step import forget_second_step
from app.errors import LastOfRole, NotFound
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.records import Invitation, User
from models.types import now
from models.user import NEEDS_APPROVAL, Role, UserState

NEVER_WITHOUT = frozenset({Role.ADMIN, Role.SUPERVISOR})


def new_account(session: Session, invitation: Invitation, name: str, password_hash: str | None) -> User:
    """The account an invitation is for; whether it may act at once is not the admin's alone to say."""
    waits = invitation.role in NEEDS_APPROVAL and not invitation.founding
    user = User(
        name=name,
        role=invitation.role,
        state=UserState.AWAITING_APPROVAL if waits else UserState.ACTIVE,
        password_hash=password_hash,
        conduct_accepted_at=now(),
        invited_by=invitation.made_by,
    )
    session.add(user)
    session.flush()
    invitation.use(user)
    alert_about(session, user, AlertKind.ACCOUNT_AWAITS_APPROVAL if waits else AlertKind.ACCOUNT_GRANTED)
    return user


def alert_about(session: Session, user: User, kind: AlertKind) -> None:
    """For every supervisor to see."""
    session.add(Alert(kind=kind, object_type="user", object_id=str(user.id)))


def approve_account(session: Session, actor: Actor, user_id: UUID) -> User:
    """`NotFound`, `WrongState`, `SamePerson`."""
    user = _account(session, user_id)
    user.approve(actor.user)
    alert_about(session, user, AlertKind.ACCOUNT_GRANTED)
    act(session, actor, "user.approve", "user", user.id)
    return user


def disable_account(session: Session, actor: Actor, user_id: UUID) -> None:
    """Its sessions and keys end with it. Disabling twice is nothing new. `NotFound`, `LastOfRole`."""
    user = _account(session, user_id)
    if user.role in NEVER_WITHOUT and _active(session, user.role) == [user]:
        raise LastOfRole(role=user.role)
    if user.state is UserState.DISABLED:
        return
    user.disable()
    end_all(session, user)
    act(session, actor, "user.disable", "user", user.id)


def forget_passkeys(session: Session, actor: Actor, user_id: UUID) -> None:
    """For whoever lost all of them and the codes. Its sessions end; its password alone opens it again. `NotFound`."""
    user = _account(session, user_id)
    forget_second_step(session, user.id)
    end_all(session, user)
    act(session, actor, "user.passkeys_lost", "user", user.id)


def _account(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(thing="account")
    return user


def _active(session: Session, role: Role) -> list[User]:
    """Locked in one order: of two admins who disable each other at once, the second finds itself the last.

    Without their keys (`key_share`): whoever has its turn in the audit log refers to them, and must not wait for us.
    """
    query = select(User).where(User.role == role, User.state == UserState.ACTIVE).order_by(User.id)
    return list(session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)))
