"""How far the worker has come with destroying what is kept no longer."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment, UtcDateTime


class RetentionState(Base):
    """The one row of it. ``seen_at``: the latest moment that the worker saw and believed.

    ``announced_until`` and ``destroys_at``: photos that came before the first are destroyed at the second; both null
    where nothing is announced.
    """

    __tablename__ = "retention"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    seen_at: Mapped[Moment]
    announced_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    destroys_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
