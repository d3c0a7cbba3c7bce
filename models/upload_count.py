"""How much a volunteer has sent today, and where their next photo stands in the queue."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import UtcDateTime


class UploadCount(Base):
    """One row for each volunteer. ``photos`` counts every file that was read on ``day`` (UTC), refused ones too.

    ``queued_until``: where the last of their photos stands in the queue; a moment that may be still to come.
    """

    __tablename__ = "upload_counts"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    day: Mapped[date]
    photos: Mapped[int] = mapped_column(default=0)
    queued_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
