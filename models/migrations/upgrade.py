"""Bring a database to the newest schema without losing a row.

Changing a table on SQLite copies it. With foreign keys on, dropping the old copy would delete every child row, and
PRAGMA foreign_keys is silently ignored inside a transaction: so it is switched off before, every table is counted
before and after, and every foreign key is checked before commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from models.errors import SchemaUnknown
from models.migrations.guards import install_guards, remove_guards
from models.records import Base
from models.session import Database
from models.types import UtcDateTime

HERE = Path(__file__).parent


class RowsLost(RuntimeError):
    """A migration would have lost rows; it was rolled back."""


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def configure(connection: Connection) -> None:
    """Tell Alembic what to compare and how."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        transactional_ddl=True,
        render_item=_render,
    )


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our own column types as SQLAlchemy's: a migration must not change when the code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def upgrade(database: Database, revision: str = "head") -> None:
    """To ``revision``, in one transaction: wholly or not at all. Rows that existed before must exist after."""
    with _schema_connection(database.engine) as connection:
        before = _row_counts(connection)
        remove_guards(connection)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _check(connection, before)
        install_guards(connection)


def current(database: Database) -> str | None:
    """The revision the database is at."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def require_newest(database: Database) -> None:
    """Refuse to work on a schema this version does not know. `SchemaUnknown`."""
    found = current(database)
    if found != newest():
        remedy = (
            "run `homeward init`" if found is None else "run `homeward init` to upgrade it, or install a newer Homeward"
        )
        raise SchemaUnknown(found=found or "none", needed=newest(), remedy=remedy)


def drift(database: Database) -> list[Any]:
    """What differs between the records and the migrated tables; empty when they agree."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


@contextmanager
def _schema_connection(engine: Engine) -> Iterator[Connection]:
    """A connection in one writing transaction, with SQLite's foreign keys off."""
    writer = engine.execution_options(homeward_writing=True)
    with writer.connect() as connection:
        _foreign_keys(connection, "OFF")
        try:
            with connection.begin():
                yield connection
        finally:
            _foreign_keys(connection, "ON")


def _foreign_keys(connection: Connection, state: str) -> None:
    if connection.dialect.name == "sqlite":
        # On the driver's own connection: through SQLAlchemy it would begin a transaction, where it is ignored.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA foreign_keys = {state}")


def _row_counts(connection: Connection) -> dict[str, int]:
    quote = connection.dialect.identifier_preparer.quote
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {
        name: connection.execute(text(f"SELECT count(*) FROM {quote(name)}")).scalar_one()  # noqa: S608 - our tables
        for name in names
    }


def _check(connection: Connection, before: dict[str, int]) -> None:
    after = _row_counts(connection)
    lost = {name: count - after[name] for name, count in before.items() if after.get(name, count) < count}
    if lost:
        raise RowsLost(f"{lost} (table: rows)")
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RowsLost(f"{len(broken)} rows would point at nothing: {broken[:3]}")
