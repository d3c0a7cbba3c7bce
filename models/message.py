"""Messages that wait to be sent to the operator: how many of what, on which day. No image, name, place or case."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.alert import AlertKind
from models.base import Base
from models.types import Moment, RandomId, now, one_of


class Channel(StrEnum):
    WEBHOOK = "webhook"
    MAIL = "mail"


class Message(Base):
    """One message over one channel; the row goes once it is sent. ``id`` stays the same at every try."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_next_try_at", "next_try_at"),)

    id: Mapped[RandomId]
    channel: Mapped[Channel] = mapped_column(one_of(Channel))
    kind: Mapped[AlertKind] = mapped_column(one_of(AlertKind))
    count: Mapped[int]
    day: Mapped[date]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[Moment] = mapped_column(default=now)

    def gather(self, more: int) -> None:
        self.count += more

    def try_again_at(self, at: datetime) -> None:
        self.tries, self.next_try_at = self.tries + 1, at
