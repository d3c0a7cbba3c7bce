"""Faces of other children, against which scores are normalised, and what every street face scores with them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import BigId, Moment, UtcDateTime, now, one_of


class CohortSource(StrEnum):
    """Whose faces they are, best first (see the facts on which cohort helps)."""

    REFERENCES = "references"  # of other cases: children, and known not to be the one who is searched
    LINKED_FACES = "linked_faces"  # street faces of linked children
    FOLDER = "folder"  # pictures that the operator chose


class Cohort(Base):
    """One choice of faces. The newest that is ready is used; the worker replaces it as cases come and go.

    A folder's templates are sealed under a key of the cohort's own; the others lie with their faces.
    """

    __tablename__ = "cohorts"
    __table_args__ = (
        Index("ix_cohorts_newest", "pack_id", "ready_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    pack_id: Mapped[str] = mapped_column(String(64))
    source: Mapped[CohortSource] = mapped_column(one_of(CohortSource))
    size: Mapped[int]
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[Moment] = mapped_column(default=now)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # every street face has its statistics

    def become_ready(self) -> None:
        self.ready_at = now()


class CohortMember(Base):
    """One face of a cohort: a reference's or a street face, or a picture of the operator's folder."""

    __tablename__ = "cohort_members"
    __table_args__ = (CheckConstraint("(face_id IS NULL) <> (sealed IS NULL)", name="one_template"),)

    cohort_id: Mapped[int] = mapped_column(BigId, ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    face_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("faces.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class FaceStatistics(Base):
    """What one street face scores with its nearest cohort faces: means and deviations, packed by `indexer.cohorts`."""

    __tablename__ = "face_statistics"

    cohort_id: Mapped[int] = mapped_column(BigId, ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    face_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("faces.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    numbers: Mapped[bytes] = mapped_column(LargeBinary)
