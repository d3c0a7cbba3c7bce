"""`reading` and `writing`: what a transaction may do, and what survives it."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from models.errors import DatabaseKeyWrong
from models.records import User
from models.session import Database, open_sqlite
from tests.conftest import TEST_KEY
from tests.models.factories import make_user


def test_what_was_written_is_read_and_what_failed_is_not(database: Database) -> None:
    with database.writing() as session:
        make_user(session, name="kept")
    with pytest.raises(RuntimeError, match="on purpose"), database.writing() as session:
        make_user(session, name="lost")
        raise RuntimeError("on purpose")
    with database.reading() as session:
        assert session.scalars(select(User.name)).all() == ["kept"]


def test_a_reading_session_cannot_write(database: Database) -> None:
    with database.reading() as session:
        with pytest.raises(RuntimeError, match="cannot write"):
            make_user(session)
        session.expunge_all()


def test_a_reader_sees_one_state_and_does_not_wait_for_a_writer(sqlite_database: Database) -> None:
    with sqlite_database.writing() as writer:
        make_user(writer)
        with sqlite_database.reading() as reader:
            assert reader.scalar(select(func.count()).select_from(User)) == 0


def test_a_reader_sees_one_state_to_its_end(database: Database) -> None:
    count = select(func.count()).select_from(User)
    with database.reading() as reader:
        assert reader.scalar(count) == 0
        with database.writing() as writer:
            make_user(writer)
        assert reader.scalar(count) == 0
    with database.reading() as reader:
        assert reader.scalar(count) == 1


def test_moments_come_back_as_they_went_in(database: Database) -> None:
    with database.writing() as session:
        user = make_user(session)
        written = user.created_at
    with database.reading() as session:
        read = session.scalars(select(User)).one().created_at
    assert read == written
    assert read.utcoffset() == written.utcoffset()
    assert read.isoformat() == written.isoformat()


def test_sqlite_is_set_up_to_keep_what_it_acknowledged(sqlite_database: Database) -> None:
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1, "secure_delete": 1}
    with sqlite_database.reading() as session:
        found = {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in pragmas}
    assert found == pragmas


def test_the_database_file_shows_nothing_without_its_key(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.writing() as session:
        make_user(session, name="planted-name-marker")
    sqlite_database.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("homeward.db*"))
    assert b"planted-name-marker" not in stored
    assert not stored.startswith(b"SQLite format 3")


def test_a_wrong_key_is_said_and_changes_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    sqlite_database.close()
    file = tmp_path / "homeward.db"
    before = file.read_bytes()
    with pytest.raises(DatabaseKeyWrong, match="another key"):
        open_sqlite(file, "00" * 32)
    assert file.read_bytes() == before
    open_sqlite(file, TEST_KEY).close()
