"""What people decided is locked on both databases; erasing the face's comment, and the candidate, still works."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, inspect, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models.erasure import Erasure
from models.migrations.locks import LOCKED
from models.records import Adjudication, Assignment, Authority, Candidate, Outcome, Receipt, Release, Review, SeededPair
from models.session import Database
from models.types import now
from models.user import Role
from tests.models.factories import make_candidate, make_case, make_face, make_photo, make_user

LATER = timedelta(minutes=30)
CHANGES = {
    "reviews": "answer = 2",
    "seeded_pairs": "same = (NOT same)",
    "adjudications": "same = (NOT same)",
    "releases": "reason = 'x'",
    "outcomes": "note = 'x'",
    "authorities": "contact = 'x'",
    "erasures": "approved_by = proposed_by",
}


@pytest.fixture
def decided(database: Database) -> Database:
    """One of each decision."""
    with database.writing() as session:
        sue, sam, rea = (make_user(session, role) for role in (Role.SUPERVISOR, Role.SUPERVISOR, Role.REVIEWER))
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        candidate = make_candidate(session, case, make_face(session, photo=make_photo(session)))
        authority = Authority(name="Desk", contact="1", proposed_by=sue.id)
        given = Assignment(candidate_id=candidate.id, reviewer_id=rea.id, lapses_at=now() + LATER)
        receipt = Receipt(uploader_id=sue.id)
        session.add_all([authority, given, receipt])
        session.flush()
        authority.agree(sam)
        whose = {"candidate_id": candidate.id}
        release = Release(authority_id=authority.id, reason="found", proposed_by=sue.id, **whose)
        erasure = Erasure(receipt_id=receipt.id, reason="asked", proposed_by=sue.id)
        made = {"face_id": candidate.face_id, "same": True, "seed": 1, "face_px": 50.0, "dated": False}
        pair = SeededPair(reviewer_id=rea.id, lapses_at=now() + LATER, **made)
        review = Review(
            assignment_id=given.id, reviewer_id=rea.id, answer=1, features={"ears": 2}, comment="a", **whose
        )
        adjudication = Adjudication(by=sue.id, same=True, reason="ears", **whose)
        outcome = Outcome(established_by="DNA", recorded_by=sue.id, **whose)
        session.add_all([release, erasure, pair, review, adjudication, outcome])
        session.flush()
        release.agree(sam, only_supervisor=False)
        erasure.approve(sam)
        pair.lock(1, {}, "a scar")
    return database


def one(session: Session, record: type) -> object:
    return session.scalars(select(record)).one()


def rows(database: Database, table: str) -> list:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(f"SELECT * FROM {table}"))]


def test_every_lock_is_tried():
    assert {locked.table for locked in LOCKED} == set(CHANGES)


@pytest.mark.parametrize("table", CHANGES)
def test_a_decision_is_closed_to_change(decided: Database, table: str) -> None:
    before, change = rows(decided, table), CHANGES[table]
    [key] = [", ".join(locked.keys[0]) for locked in LOCKED if locked.table == table]
    for statement in (
        f"UPDATE {table} SET {change}",
        f"DELETE FROM {table}",
        f"INSERT INTO {table} SELECT * FROM {table}",
        f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {change}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(DatabaseError), decided.writing() as session:
            session.execute(text(statement))
    assert rows(decided, table) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", CHANGES)
def test_replace_is_refused_also_where_no_trigger_of_delete_would_fire(decided: Database, table: str) -> None:
    """Somebody who has the key need not switch recursive triggers on. Their row has an id of its own."""
    before = rows(decided, table)
    names = [each["name"] for each in inspect(decided.engine).get_columns(table)]
    [locked] = [locked for locked in LOCKED if locked.table == table]
    for key in locked.keys:
        values = [f'"{name}"' if name in key or name != "id" else "lower(hex(randomblob(16)))" for name in names]
        quoted = ", ".join(f'"{name}"' for name in names)
        with pytest.raises(DatabaseError, match="is locked"), decided.writing() as session:
            session.execute(text("PRAGMA recursive_triggers = OFF"))
            session.execute(text(f"REPLACE INTO {table} ({quoted}) SELECT {', '.join(values)} FROM {table}"))
    assert rows(decided, table) == before


@pytest.mark.parametrize("table", ["reviews", "seeded_pairs"])
def test_a_comment_is_emptied_and_never_written_anew(decided: Database, table: str) -> None:
    with pytest.raises(DatabaseError), decided.writing() as session:
        session.execute(text(f"UPDATE {table} SET comment = 'another'"))
    with decided.writing() as session:
        (one(session, Review) if table == "reviews" else one(session, SeededPair)).forget_words()
    with decided.reading() as session:
        assert session.execute(text(f"SELECT comment, words_salt FROM {table}")).one() == ("", None)


def test_decisions_go_with_their_candidate_and_not_before(decided: Database) -> None:
    with decided.writing() as session:
        session.execute(delete(Candidate))
    for table in ("reviews", "adjudications", "releases", "outcomes"):
        assert rows(decided, table) == []
    assert len(rows(decided, "authorities")) == 1


def test_what_is_not_decided_yet_may_change(database: Database) -> None:
    with database.writing() as session:
        sue = make_user(session, Role.SUPERVISOR)
        authority = Authority(name="Desk", contact="1", proposed_by=sue.id)
        session.add(authority)
        session.flush()
        authority.contact = "2"
        session.flush()
        authority.agree(make_user(session, Role.SUPERVISOR))
        session.flush()
        authority.retired_at = now()
    assert rows(database, "authorities")
