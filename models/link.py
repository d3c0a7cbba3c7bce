"""Street faces that show one child, and how far a process has followed the gallery's changes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import BigId, Json, Moment, UtcDateTime, by_whom, now, one_of


class LinkReason(StrEnum):
    NEAR_REPEAT = "near_repeat"  # the same face in two copies of one photo
    ALIKE = "alike"  # above the threshold that an evaluation showed to be precise


class FaceLink(Base):
    """Two street faces of one child; ``face_id`` is the lower id. Once undone by a person it is not made again."""

    __tablename__ = "face_links"
    __table_args__ = (CheckConstraint("face_id < other_id", name="order"),)

    face_id: Mapped[int] = mapped_column(BigId, ForeignKey("faces.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("faces.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    reason: Mapped[LinkReason] = mapped_column(one_of(LinkReason))
    score: Mapped[float]
    made_at: Mapped[Moment] = mapped_column(default=now)
    undone_by: Mapped[UUID | None] = by_whom()
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def undo(self, user_id: UUID) -> None:
        """A person said that these are two children."""
        if self.undone_at is None:
            self.undone_by, self.undone_at = user_id, now()


class LinkThreshold(Base):
    """From which raw score on two faces of one pack are linked, and on what data that was shown to be precise."""

    __tablename__ = "link_thresholds"

    pack_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[Json] = mapped_column(JSON)
    installed_at: Mapped[Moment] = mapped_column(default=now)


class Cursor(Base):
    """The last numbered gallery change that ``name`` has dealt with, committed together with what came of it."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
