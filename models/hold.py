"""What must not be destroyed for now, because an authority or a court may need it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.errors import WrongState
from models.types import Moment, RandomId, UtcDateTime, by_whom, now
from models.user import User


class Hold(Base):
    """A legal hold, on a case and all that belongs to it or on one photo. A supervisor lays it, a supervisor lifts it.

    ``photo_id`` is no foreign key: the record of a hold outlives the photo.
    """

    __tablename__ = "holds"
    __table_args__ = (CheckConstraint("(case_id IS NULL) <> (photo_id IS NULL)", name="one_thing"),)

    id: Mapped[RandomId]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    photo_id: Mapped[UUID | None] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(String(500))
    made_by: Mapped[UUID] = by_whom()
    made_at: Mapped[Moment] = mapped_column(default=now)
    lifted_by: Mapped[UUID | None] = by_whom()
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def lift(self, supervisor: User) -> None:
        if self.lifted_at is not None:
            raise WrongState(thing="hold", state="lifted already", change="lifted")
        self.lifted_by, self.lifted_at = supervisor.id, now()
