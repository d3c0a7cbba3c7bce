"""Packs whose templates these records hold."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment, UtcDateTime, now


class PackRecord(Base):
    """A pack that has made templates here, by its identity."""

    __tablename__ = "packs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    licence: Mapped[str] = mapped_column(String(500))
    dimension: Mapped[int]
    first_used_at: Mapped[Moment] = mapped_column(default=now)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
