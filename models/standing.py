"""What standing search remembers: from which score on it speaks, and which references met every face already."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import BigId, Moment, UtcDateTime, now


class StandingThreshold(Base):
    """The threshold of one pack, and what it was counted on.

    ``score`` null: there was too little to count on. ``top``: the best scores that were counted, [case id, score], best
    first, for a case does not count against itself. ``cohort_id`` null: scores are raw. It is no foreign key: a
    threshold is counted anew when its cohort is no longer the one in use.
    """

    __tablename__ = "standing_thresholds"

    pack_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    score: Mapped[float | None]
    counted: Mapped[float | None]  # false candidates per case, at this score
    top: Mapped[list[tuple[str, float]]] = mapped_column(JSON)
    allowed: Mapped[float]  # what the operator's setting was
    cohort_id: Mapped[int | None] = mapped_column(BigId)
    faces: Mapped[int] = mapped_column(BigInteger)
    cases: Mapped[int]  # that were searched with
    references: Mapped[int]  # of all open cases
    counted_at: Mapped[Moment] = mapped_column(default=now)


class SearchedReference(Base):
    """A reference that was compared with every face, once for each pack and each approval of its case."""

    __tablename__ = "searched_references"

    reference_id: Mapped[UUID] = mapped_column(ForeignKey("references.id", ondelete="CASCADE"), primary_key=True)
    pack_id: Mapped[str] = mapped_column(String(64))
    case_approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
