"""Creating calls that were made once and may be sent again."""

from uuid import UUID

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment, by_whom, now


class IdempotentRequest(Base):
    """The answer to a creating call, kept so that the same call sent again gets the same answer."""

    __tablename__ = "idempotent_requests"

    user_id: Mapped[UUID] = by_whom(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    route: Mapped[str] = mapped_column(String(120), primary_key=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment] = mapped_column(default=now, index=True)
