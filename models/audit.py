"""Who did what to what, and why, in a chain that shows tampering."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Protocol, Self
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.commit_order import next_number
from models.types import Moment, by_whom, now

BEGINNING = "0" * 64


class AuditEntry(Base):
    """One act. Numbered in commit order; ``hash`` covers the row and the hash before it.

    ``covers``: digests of what was decided (`models.decision`). ``salt``: random, so that the digest of a row that
    somebody was not shown tells them nothing of it. Both are null in rows from before they were written.
    """

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
    covers: Mapped[str | None] = mapped_column(String(128))
    salt: Mapped[str | None] = mapped_column(String(32))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    def content(self) -> list[object]:
        """Every column but the hashes, in one fixed order."""
        row: list[object] = [
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
        return row if self.salt is None else [*row, self.covers, self.salt]

    def content_digest(self) -> str:
        """SHA-256 (hex) of the content: enough to walk the chain past a row that is not shown."""
        return _sha256(self.content())

    def computed_hash(self) -> str:
        """SHA-256 (hex) over the previous hash and the content; of a salted row over the content's digest."""
        if self.salt is None:
            return _sha256([self.previous_hash, *self.content()])
        return hash_after(self.previous_hash, self.content_digest())


def hash_after(previous_hash: str, content_digest: str) -> str:
    """The hash of a salted row."""
    return _sha256([previous_hash, content_digest])


def _sha256(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Anchor:
    """A row as it was seen once, kept outside: what comes before it cannot be changed or cut off unnoticed."""

    number: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """``NUMBER:HASH``, and nothing else. ValueError."""
        number, _, digest = text.partition(":")
        if not (number.isascii() and number.isdecimal()) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("an anchor is NUMBER:HASH, the hash in 64 small hexadecimal digits")
        return cls(int(number), digest)

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def head_of(session: Session) -> Anchor:
    """The newest row; of an empty log the beginning."""
    newest = select(AuditEntry.number, AuditEntry.hash).order_by(AuditEntry.number.desc()).limit(1)
    row = session.execute(newest).first()
    return Anchor(row.number, row.hash) if row else Anchor(0, BEGINNING)


class Coverable(Protocol):
    """What an act may cover."""

    def covered(self) -> str: ...


_WAITING = "audit"


def record_act(session: Session, entry: AuditEntry, decides: Coverable | None = None) -> None:
    """Have ``entry`` join the chain when this transaction commits; if it cannot, nothing commits.

    It then carries digests of what it ``decides``, as that is stored by then.
    """
    session.info.setdefault(_WAITING, []).append((entry, decides))


def chain_acts(session: Session) -> None:
    """Number and chain this transaction's acts; the lock is held until it commits."""
    waiting: list[tuple[AuditEntry, Coverable | None]] = session.info.pop(_WAITING, [])
    if not waiting:
        return
    first = next_number(session, AuditEntry.number)
    previous = session.scalar(select(AuditEntry.hash).where(AuditEntry.number == first - 1)) or BEGINNING
    for number, (entry, decides) in enumerate(waiting, start=first):
        entry.number, entry.at, entry.previous_hash = number, now(), previous
        entry.covers, entry.salt = decides.covered() if decides else None, secrets.token_hex(16)
        entry.hash = previous = entry.computed_hash()
        session.add(entry)
    session.flush()
