"""A parent's photo of the child, and the face chosen in it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.errors import SamePerson, WrongState
from models.types import Moment, RandomId, UtcDateTime, by_whom, now, one_of
from models.user import User


class ReferenceState(StrEnum):
    NEEDS_FACE = "needs_face"  # several faces: the case worker says which
    NO_FACE = "no_face"
    READY = "ready"


class Reference(Base):
    """A reference, with the date or the age it shows."""

    __tablename__ = "references"
    __table_args__ = (CheckConstraint("age_years IS NULL OR (age_years >= 0 AND age_years < 120)", name="age"),)

    id: Mapped[RandomId]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    blob_name: Mapped[str] = mapped_column(String(120))
    width: Mapped[int]
    height: Mapped[int]
    taken_on: Mapped[date | None]
    age_years: Mapped[float | None]
    state: Mapped[ReferenceState] = mapped_column(one_of(ReferenceState))
    chosen: Mapped[int | None]  # the number of the child's face in this reference
    added_at: Mapped[Moment] = mapped_column(default=now)
    approved_by: Mapped[UUID | None] = by_whom()
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_searchable(self) -> bool:
        return self.state is ReferenceState.READY and self.approved_at is not None

    def choose(self, number: int) -> None:
        self.chosen, self.state = number, ReferenceState.READY

    def date_it(self, taken_on: date | None, age_years: float | None) -> None:
        self.taken_on, self.age_years = taken_on, age_years

    def approve(self, supervisor: User, worker_id: UUID) -> None:
        if self.approved_at is not None:
            raise WrongState(thing="reference", state="approved", change="approved")
        if supervisor.id == worker_id:
            raise SamePerson(reason="a reference is approved by someone other than the case's worker")
        self.approved_by, self.approved_at = supervisor.id, now()
