"""What turns scores into likelihood ratios, fitted on an operator's own data."""

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Json, Moment, now


class CalibrationRecord(Base):
    """The calibration in use for one pack; ``content`` is what `indexer.calibration` reads, data described in it."""

    __tablename__ = "calibrations"

    pack_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[Json] = mapped_column(JSON)
    installed_at: Mapped[Moment] = mapped_column(default=now)
