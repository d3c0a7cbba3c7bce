"""The database: one engine, a `reading` and a `writing` session.

    ========== ============================== ===========================================
    session    SQLite                         PostgreSQL
    ========== ============================== ===========================================
    reading()  BEGIN, a snapshot, no lock     REPEATABLE READ, READ ONLY
    writing()  BEGIN IMMEDIATE, the one       transaction; numbers drawn last, under
               writer                         advisory locks held until commit
    ========== ============================== ===========================================

`writing` is the only place that commits.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models.audit import chain_acts
from models.errors import DatabaseKeyWrong
from models.template import number_gallery_changes

WAL_SAFE_SINCE = (3, 51, 3)  # earlier SQLite can corrupt a WAL used by two processes (sqlite.org/wal.html#walresetbug)
BUSY_MS = 30_000
LEAVING_SECONDS = 2.0
POOL = {"pool_size": 24, "max_overflow": 24, "pool_timeout": 10}  # more than the service has threads, or they starve
QUIET = {"hide_parameters": True}  # what was written never shows in an error, and so in no log


class Database:
    """Records behind one engine. Make it with `open_sqlite` or `open_postgresql`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        one_state = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        self._reader = engine.execution_options(postgresql_readonly=True, **one_state)
        self._writer = engine.execution_options(homeward_writing=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the records and cannot change it."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            event.listen(session, "before_flush", _refuse_to_write)
            with session.begin():
                yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: all of it is committed when the block ends, or none of it."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session
            session.flush()
            number_gallery_changes(session)
            chain_acts(session)

    def check_connections(self, check: Callable[[Any], None]) -> None:
        """Have ``check`` look at each new connection (the driver's own); what it raises goes to whoever wanted one."""

        @event.listens_for(self.engine, "connect")
        def look(connection: Any, _record: Any) -> None:
            try:
                check(connection)
            except BaseException:
                connection.close()
                raise
            connection.rollback()

    def is_alone(self) -> bool:
        """Whether no other connection is open to it: none of another process, and none of this one from here on."""
        self.engine.dispose()
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                return _has_none(connection)
            return _takes_alone(connection.connection.driver_connection)

    def encrypt_anew(self, key: str) -> None:
        """The whole SQLite file, in one transaction of SQLCipher's own, under ``key`` (64 hex digits)."""
        self.engine.dispose()
        with self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            if _takes_alone(driver):  # out of the write-ahead log, in which nothing is encrypted anew
                driver.execute(f"PRAGMA rekey = \"x'{key}'\"")
        self.engine.dispose()

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str | None, sqlite_file: Path, key: str) -> Database:
    """The database at ``url``, or, without one, the encrypted ``sqlite_file``. ``key``: 64 hex digits."""
    return open_postgresql(url) if url else open_sqlite(sqlite_file, key)


def open_sqlite(file: Path, key: str) -> Database:
    """SQLite in SQLCipher, the whole file encrypted under ``key``. `DatabaseKeyWrong`."""
    engine = create_engine(f"sqlite+pysqlite:///{file}", module=sqlcipher3.dbapi2, **POOL, **QUIET)
    wal = sqlcipher3.dbapi2.sqlite_version_info >= WAL_SAFE_SINCE

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin or commit on its own
        for pragma in (
            "cipher_log_level = NONE",  # it would write lines of its own on standard error; what fails is raised anyway
            f"key = \"x'{key}'\"",
            f"busy_timeout = {BUSY_MS}",
            f"journal_mode = {'WAL' if wal else 'DELETE'}",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",  # else INSERT OR REPLACE slips past the audit's delete trigger
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("homeward_writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return _checked(Database(engine), file)


def open_postgresql(url: str) -> Database:
    """PostgreSQL through psycopg; ``url`` begins with postgresql+psycopg://."""
    return Database(create_engine(url, pool_pre_ping=True, **POOL, **QUIET))


_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


def _has_none(connection: Connection) -> bool:
    """Whoever has just left may be counted for a moment."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while connection.scalar(text(_OTHERS)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _takes_alone(driver: Any) -> bool:
    """Whoever else has the file open is in the way of leaving the write-ahead log."""
    try:
        driver.execute(f"PRAGMA busy_timeout = {int(LEAVING_SECONDS * 1000)}")
        return bool(driver.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete")
    except sqlcipher3.dbapi2.OperationalError:
        return False


def _checked(database: Database, file: Path) -> Database:
    try:
        with database.reading() as session:
            session.execute(text("SELECT count(*) FROM sqlite_master"))
    except DatabaseError as error:
        database.close()
        if "not a database" not in str(error):
            raise
        raise DatabaseKeyWrong(file=file) from error
    return database


def _refuse_to_write(session: Session, *_: object) -> None:
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a reading session cannot write")
