"""What was decided once for this installation."""

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment, now


class Installation(Base):
    """The one row that `homeward init` writes."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    made_at: Mapped[Moment] = mapped_column(default=now)
    retention_months: Mapped[int]
    wrapped_digests: Mapped[bytes | None] = mapped_column(
        LargeBinary
    )  # keys of digests, once the master key was renewed
    key_check: Mapped[str] = mapped_column(String(64))  # a digest under the master key: a wrong key file is noticed
