"""The chain of acts: whole, in order, and closed to change on both databases."""

import hashlib
import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from models.audit import BEGINNING, Anchor, head_of, record_act
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
    changed |= {"request_id": "x", "previous_hash": "x", "covers": "x", "salt": "x"}
    for column, value in changed.items():
        kept = getattr(entry, column)
        setattr(entry, column, value)
        assert entry.computed_hash() != entry.hash, column
        setattr(entry, column, kept)


def test_every_row_is_salted_and_one_from_before_keeps_its_hash(database: Database) -> None:
    """From before: SHA-256 over the previous hash and the columns there were, in one list."""
    write(database, "first", "second")
    first, second = chain(database)
    assert len({first.salt, second.salt, None}) == 3
    first.salt = None
    columns = [first.role, first.action, first.object_type, first.object_id, "", ""]
    plain = json.dumps([BEGINNING, 1, first.at.isoformat(), None, *columns], separators=(",", ":"))
    assert first.computed_hash() == hashlib.sha256(plain.encode()).hexdigest()


@pytest.mark.parametrize(
    "written", ["", "7", "7:", f"-1:{'a' * 64}", f"7:{'A' * 64}", f"7:{'a' * 63}", f"\u0667:{'a' * 64}"]
)
def test_what_is_no_anchor_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="NUMBER:HASH"):
        Anchor.parse(written)


def test_the_head_is_the_newest_row(database: Database) -> None:
    with database.reading() as session:
        assert head_of(session) == Anchor(0, BEGINNING)
    write(database, "first", "second")
    with database.reading() as session:
        assert head_of(session) == Anchor.parse(f"2:{chain(database)[1].hash}")


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
