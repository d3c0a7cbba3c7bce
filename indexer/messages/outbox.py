"""Messages that are to be sent, as durable as what they tell of: they commit with it, and go once they were sent.

At least once: a worker that dies while sending sends again, under the same id.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from indexer.clock import database_now
from indexer.settings import IndexerSettings
from models.alert import AlertKind
from models.message import Channel, Message

GATHERING = timedelta(minutes=1)
"""What is found within a minute of each other is told in one message."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
MOST_TRIES = 40
"""About eight days with these waits; then the message stays where it is, and is tried no more."""


def gather(session: Session, settings: IndexerSettings, kind: AlertKind, count: int) -> None:
    """Have ``count`` told over each channel that is set up, by a message that waits for its first try, or a new one."""
    at = database_now(session)
    for channel in _channels(settings):
        same = Message.channel == channel, Message.kind == kind, Message.day == at.date(), Message.tries == 0
        waiting = session.scalars(select(Message).where(*same).limit(1).with_for_update()).first()
        if waiting is not None:
            waiting.gather(count)
        else:
            message = Message(channel=channel, kind=kind, count=count, day=at.date(), next_try_at=at + GATHERING)
            session.add(message)
    session.flush()


def claim(session: Session, channel: Channel) -> Message | None:
    """The first that is due, with its next try fixed already: whoever dies now leaves it for later."""
    at = database_now(session)
    due = select(Message).where(Message.next_try_at <= at, Message.tries < MOST_TRIES, Message.channel == channel)
    first = due.order_by(Message.next_try_at).limit(1).with_for_update(skip_locked=True)
    message = session.scalars(first).first()
    if message is not None:
        message.try_again_at(at + min(FIRST_WAIT * 2**message.tries, LONGEST_WAIT))
        session.flush()
    return message


def is_any_due(session: Session) -> bool:
    due = select(Message.id).where(Message.next_try_at <= database_now(session), Message.tries < MOST_TRIES)
    return session.scalar(due.limit(1)) is not None


def given_up(session: Session) -> int:
    """How many were tried so often that they are tried no more."""
    return session.scalar(select(func.count()).select_from(Message).where(Message.tries >= MOST_TRIES)) or 0


def sent(session: Session, message: Message) -> None:
    session.execute(delete(Message).where(Message.id == message.id))


def _channels(settings: IndexerSettings) -> list[Channel]:
    is_set = {Channel.WEBHOOK: settings.alert_webhook_url, Channel.MAIL: settings.smtp_host}
    return [channel for channel, value in is_set.items() if value is not None]
