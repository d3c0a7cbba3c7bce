"""Invitations: one-time ways in."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.auth.tokens import TokenKind, new_token, token_digest
from app.errors import NotFound
from app.settings import ServiceSettings
from indexer.keyring import KeyRing
from models.actor import Actor, act
from models.records import Invitation
from models.types import now
from models.user import Role


def add_invitation(
    session: Session, keyring: KeyRing, settings: ServiceSettings, role: Role, made_by: UUID | None, note: str = ""
) -> tuple[Invitation, str]:
    """An invitation and its token. Made by nobody: by `homeward init`, for the first accounts."""
    token = new_token(TokenKind.INVITATION)
    invitation = Invitation(
        role=role,
        token_hash=token_digest(keyring, token),
        note=note,
        founding=made_by is None,
        made_by=made_by,
        expires_at=now() + timedelta(days=settings.invitation_days),
    )
    session.add(invitation)
    session.flush()
    return invitation, token


def invite(
    session: Session, keyring: KeyRing, settings: ServiceSettings, actor: Actor, role: Role, note: str
) -> tuple[Invitation, str]:
    invitation, token = add_invitation(session, keyring, settings, role, actor.id, note)
    act(session, actor, "invitation.make", "invitation", invitation.id, f"role {role}")
    return invitation, token


def revoke_invitation(session: Session, actor: Actor, invitation_id: UUID) -> None:
    """`NotFound`, `WrongState` once it was used."""
    invitation = session.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None:
        raise NotFound(thing="invitation")
    invitation.revoke()
    act(session, actor, "invitation.revoke", "invitation", invitation.id)
