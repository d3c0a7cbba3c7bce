"""Who did what to what, and why, in a chain that shows tampering."""

import hashlib
import json
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.commit_order import next_number
from models.types import Moment, by_whom, now

BEGINNING = "0" * 64


class AuditEntry(Base):
    """One act. Numbered in commit order; ``hash`` covers the row and the hash before it."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[Moment]
    actor_id: Mapped[UUID | None] = by_whom()
    role: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64))
    why: Mapped[str] = mapped_column(String(2000), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    def computed_hash(self) -> str:
        """SHA-256 (hex) over the previous hash and every other column, in one fixed order."""
        row = [
            self.previous_hash,
            self.number,
            self.at.isoformat(),
            str(self.actor_id) if self.actor_id else None,
            self.role,
            self.action,
            self.object_type,
            self.object_id,
            self.why or "",
            self.request_id or "",
        ]
        return hashlib.sha256(json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


_WAITING = "audit"


def record_act(session: Session, entry: AuditEntry) -> None:
    """Have ``entry`` join the chain when this transaction commits; if it cannot, nothing commits."""
    session.info.setdefault(_WAITING, []).append(entry)


def chain_acts(session: Session) -> None:
    """Number and chain this transaction's acts; the lock is held until it commits."""
    waiting: list[AuditEntry] = session.info.pop(_WAITING, [])
    if not waiting:
        return
    first = next_number(session, AuditEntry.number)
    previous = session.scalar(select(AuditEntry.hash).where(AuditEntry.number == first - 1)) or BEGINNING
    for number, entry in enumerate(waiting, start=first):
        entry.number, entry.at, entry.previous_hash = number, now(), previous
        entry.hash = previous = entry.computed_hash()
    session.add_all(waiting)
    session.flush()
