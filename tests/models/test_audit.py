"""The chain of acts: whole, in order, and closed to change on both databases."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from models.audit import BEGINNING, record_act
from models.records import AuditEntry, User
from models.session import Database
from tests.models.factories import make_user


def act(action: str) -> AuditEntry:
    return AuditEntry(role="admin", action=action, object_type="user", object_id="1")


def write(database: Database, *actions: str) -> None:
    with database.writing() as session:
        for action in actions:
            record_act(session, act(action))


def chain(database: Database) -> list[AuditEntry]:
    with database.reading() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.number)))


def test_each_act_carries_the_hash_of_the_one_before(database: Database) -> None:
    write(database, "first", "second")
    write(database, "third")
    acts = chain(database)
    assert [entry.action for entry in acts] == ["first", "second", "third"]
    assert [entry.number for entry in acts] == [1, 2, 3]
    assert [entry.previous_hash for entry in acts] == [BEGINNING, acts[0].hash, acts[1].hash]
    assert all(entry.hash == entry.computed_hash() for entry in acts)


def test_the_hash_covers_every_column(database: Database) -> None:
    write(database, "first")
    (entry,) = chain(database)
    changed = {"number": 9, "role": "x", "action": "x", "object_type": "x", "object_id": "x", "why": "x"}
    changed |= {"request_id": "x", "previous_hash": "x"}
    for column, value in changed.items():
        kept = getattr(entry, column)
        setattr(entry, column, value)
        assert entry.computed_hash() != entry.hash, column
        setattr(entry, column, kept)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET action = 'x'",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM audit",
        "INSERT INTO audit SELECT * FROM audit WHERE true ON CONFLICT (number) DO UPDATE SET action = 'x'",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "REPLACE INTO audit SELECT * FROM audit",
        "TRUNCATE audit",
    ],
)
def test_the_log_is_closed_to_change(database: Database, statement: str) -> None:
    write(database, "first")
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(text(statement))
    assert [entry.action for entry in chain(database)] == ["first"]


def test_if_the_act_cannot_be_recorded_nothing_is(database: Database) -> None:
    with pytest.raises(DatabaseError), database.writing() as session:
        make_user(session)
        record_act(session, AuditEntry(role="admin", action=None, object_type="user", object_id="1"))
    with database.reading() as session:
        assert session.scalars(select(User)).all() == []
    assert chain(database) == []
