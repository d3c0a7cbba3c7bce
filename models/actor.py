"""Who is acting, and the one way to put an act on record."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from models.audit import AuditEntry, Coverable, record_act
from models.user import Role, User


@dataclass(frozen=True)
class Actor:
    """An account doing something now: over HTTP (its request id) or on the command line (`cli`)."""

    user: User
    request_id: str

    @property
    def id(self) -> UUID:
        return self.user.id

    @property
    def role(self) -> Role:
        return self.user.role


def act(
    session: Session,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: object,
    why: str = "",
    decides: Coverable | None = None,
) -> None:
    """Record that ``actor`` did ``action`` (a stable word such as `case.approve`) when this transaction commits.

    ``decides``: the record of what they decided, covered as it is by then.
    """
    record_act(
        session,
        AuditEntry(
            actor_id=actor.id,
            role=actor.role.value,
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            why=why,
            request_id=actor.request_id,
        ),
        decides,
    )
