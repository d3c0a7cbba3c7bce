"""Acting people and photos taken in, for tests of the lower half."""

from sqlalchemy import func, select

from indexer.context import Context
from indexer.intake import UploadDetails, accept_photo, receive_photo
from models.actor import Actor
from models.base import Base
from models.photo import Receipt
from models.user import Role
from tests.models.factories import make_user


def volunteer(context: Context, **columns: object) -> Actor:
    with context.database.writing() as session:
        return Actor(make_user(session, Role.VOLUNTEER, **columns), "test")


def take_in(context: Context, actor: Actor, data: bytes, **details: object) -> Receipt:
    """The whole way of one upload."""
    arrival = receive_photo(context, data)
    with context.database.writing() as session:
        return accept_photo(session, context, actor, arrival, UploadDetails(**details))


def count(context: Context, record: type[Base], *where: object) -> int:
    with context.database.reading() as session:
        return session.scalar(select(func.count()).select_from(record).where(*where)) or 0


def stored(context: Context) -> set[str]:
    return set(context.store.names())
