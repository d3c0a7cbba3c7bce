"""Migrations: both databases come out alike, no row is lost, and the guards stand again afterwards."""

import re
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from models.alert import AlertKind
from models.audit import record_act
from models.erasure import ErasureState, LedgerKind
from models.errors import SchemaUnknown
from models.message import Channel
from models.migrations import upgrade as migrations
from models.migrations.guards import install_guards, remove_guards
from models.records import Alert, AuditEntry, Candidate, Case, Erasure, Face, LedgerEntry, Message, Receipt, UserSession
from models.session import Database, open_sqlite
from models.types import now
from models.user import Role, StartedWith
from tests.conftest import TEST_KEY
from tests.models.factories import make_candidate, make_case, make_face, make_photo, make_user


def test_records_and_migrations_agree(database: Database) -> None:
    assert migrations.drift(database) == []


def test_an_upgrade_run_twice_changes_nothing(database: Database) -> None:
    migrations.upgrade(database)
    assert migrations.current(database) == migrations.newest()


def test_an_empty_database_is_refused_with_the_remedy(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "empty.db", TEST_KEY)
    with pytest.raises(SchemaUnknown, match=re.escape("run `homeward init`")):
        migrations.require_newest(database)
    database.close()


def test_a_newer_schema_is_refused(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaUnknown, match="9999"):
        migrations.require_newest(database)


def _case_with_candidate(database: Database) -> None:
    with database.writing() as session:
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        make_candidate(session, case, make_face(session, photo=make_photo(session)))
        record_act(session, AuditEntry(role="admin", action="planted", object_type="case", object_id="1"))


def _copy_cases_table(connection: sa.Connection) -> None:
    """What a later migration may do to a parent table: SQLite copies it and drops the old one."""
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("cases", recreate="always") as batch:
        batch.add_column(sa.Column("added", sa.Integer))
    with operations.batch_alter_table("audit", recreate="always") as batch:
        batch.add_column(sa.Column("added", sa.Integer))


def _counts(database: Database) -> tuple[int, int, int]:
    with database.reading() as session:
        counts = [session.scalar(select(sa.func.count()).select_from(table)) for table in (Case, Candidate, Face)]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


def test_changing_a_parent_table_keeps_its_children_and_the_guards(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _case_with_candidate(sqlite_database)
    monkeypatch.setattr(
        migrations.command, "upgrade", lambda config, _to: _copy_cases_table(config.attributes["connection"])
    )
    migrations.upgrade(sqlite_database)
    assert _counts(sqlite_database) == (1, 1, 1)
    with pytest.raises(DatabaseError, match="append-only"), sqlite_database.writing() as session:
        session.execute(text("DELETE FROM audit"))


def test_the_trap_is_real_and_a_loss_is_rolled_back(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With foreign keys left on, copying the parent deletes the children; the count notices and nothing is kept."""
    _case_with_candidate(sqlite_database)
    monkeypatch.setattr(migrations, "_foreign_keys", lambda *_: None)
    monkeypatch.setattr(
        migrations.command, "upgrade", lambda config, _to: _copy_cases_table(config.attributes["connection"])
    )
    with pytest.raises(migrations.RowsLost, match="candidates"):
        migrations.upgrade(sqlite_database)
    assert _counts(sqlite_database) == (1, 1, 1)


def test_the_database_takes_the_words_of_the_records_and_no_others(database: Database) -> None:
    """Comparing tables overlooks checks: each word is tried."""
    with database.writing() as session:
        receipt = Receipt(uploader_id=make_user(session).id)
        session.add(receipt)
        session.flush()
        session.add_all(LedgerEntry(photo_id=receipt.id, kind=kind, digest=b"") for kind in LedgerKind)
        same = {"receipt_id": receipt.id, "reason": "", "proposed_by": receipt.uploader_id}
        session.add_all(Erasure(state=state, **same) for state in ErasureState)
        session.add_all(Alert(kind=kind, object_type="case", object_id="1") for kind in AlertKind)
        same = {"user_id": receipt.uploader_id, "expires_at": now()}
        session.add_all(UserSession(started_with=how, token_hash=how, **same) for how in StartedWith)
        same = {"kind": AlertKind.CANDIDATES_FOUND, "count": 1, "day": date(2026, 1, 1)}
        session.add_all(Message(channel=channel, **same) for channel in Channel)
    for statement in (
        "UPDATE erasure_ledger SET kind = 'other'",
        "UPDATE erasures SET state = 'other'",
        "UPDATE alerts SET kind = 'other'",
        "UPDATE messages SET kind = 'other'",
        "UPDATE messages SET channel = 'other'",
        "UPDATE sessions SET started_with = 'other'",
    ):
        with pytest.raises(IntegrityError), database.writing() as session:
            session.execute(text(statement))


def test_an_upgrade_keeps_the_ledger_of_before(sqlite_database: Database) -> None:
    _to(sqlite_database, "0001")
    with sqlite_database.writing() as session:
        session.add_all(LedgerEntry(photo_id=uuid4(), kind=kind, digest=b"") for kind in ("digest", "band"))
    migrations.upgrade(sqlite_database)
    with sqlite_database.reading() as session:
        assert set(session.scalars(select(LedgerEntry.kind))) == {"digest", "band"}


def test_an_upgrade_keeps_the_sessions_of_before(sqlite_database: Database) -> None:
    """They began with a password: there was nothing else."""
    with sqlite_database.writing() as session:
        session.add(UserSession(user_id=make_user(session).id, token_hash="t", expires_at=now()))
    _to(sqlite_database, "0007")
    migrations.upgrade(sqlite_database)
    with sqlite_database.reading() as session:
        assert session.scalars(select(UserSession.started_with)).all() == [StartedWith.PASSWORD]


def test_guards_can_be_taken_off_and_put_back(database: Database) -> None:
    _case_with_candidate(database)
    with database.engine.execution_options(homeward_writing=True).begin() as connection:
        remove_guards(connection)
        install_guards(connection)
    with pytest.raises(DatabaseError, match="append-only"), database.writing() as session:
        session.execute(text("DELETE FROM audit"))


def test_downgrading_and_upgrading_again_gives_the_same_tables(sqlite_database: Database) -> None:
    _to(sqlite_database, "base")
    migrations.upgrade(sqlite_database)
    assert migrations.drift(sqlite_database) == []


def _to(database: Database, older: str) -> None:
    with migrations._schema_connection(database.engine) as connection:
        remove_guards(connection)
        config = migrations.alembic_config()
        config.attributes["connection"] = connection
        migrations.command.downgrade(config, older)
