"""What somebody may do who has the database and its key: take the triggers off, and put them back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.migrations.guards import install_guards, remove_guards
from models.session import Database


@contextmanager
def unguarded(database: Database) -> Iterator[Session]:
    """A writing session without the triggers; they stand again afterwards."""
    with database.writing() as session:
        connection = session.connection()
        remove_guards(connection)
        yield session
        session.flush()
        install_guards(connection)


def tamper(database: Database, *statements: str) -> None:
    with unguarded(database) as session:
        for statement in statements:
            session.execute(text(statement))
