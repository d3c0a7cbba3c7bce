"""The first supervisor and the first admin: invited by nobody, by whoever holds the key and the machine."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.invitations import add_invitation
from app.settings import ServiceSettings
from indexer.installation import key_check
from indexer.keyring import KeyRing
from models.audit import AuditEntry, record_act
from models.records import Installation, Invitation, User
from models.user import Role, UserState

FOUNDERS = (Role.SUPERVISOR, Role.ADMIN)
OPERATOR = "operator"  # the role in the audit log of whoever runs `homeward init`


def found_installation(session: Session, keyring: KeyRing, retention_months: int) -> None:
    session.add(Installation(id=1, retention_months=retention_months, key_check=key_check(keyring)))
    _on_record(session, "installation.make", "installation", 1, f"retention {retention_months} months")


def founding_invitations(session: Session, keyring: KeyRing, settings: ServiceSettings) -> dict[str, str]:
    """A token for each founding role that nobody holds yet; earlier tokens for it stop working."""
    return {role.value: _invite(session, keyring, settings, role) for role in FOUNDERS if not _held(session, role)}


def _held(session: Session, role: Role) -> bool:
    query = select(User.id).where(User.role == role, User.state == UserState.ACTIVE).limit(1)
    return session.scalar(query) is not None


def _invite(session: Session, keyring: KeyRing, settings: ServiceSettings, role: Role) -> str:
    earlier = select(Invitation).where(Invitation.founding, Invitation.role == role, Invitation.used_at.is_(None))
    for invitation in session.scalars(earlier):
        invitation.revoke()
    made, token = add_invitation(session, keyring, settings, role, made_by=None)
    _on_record(session, "invitation.make", "invitation", made.id, f"founding {role}")
    return token


def _on_record(session: Session, action: str, object_type: str, object_id: object, why: str) -> None:
    entry = AuditEntry(
        actor_id=None,
        role=OPERATOR,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        why=why,
        request_id="cli",
    )
    record_act(session, entry)
