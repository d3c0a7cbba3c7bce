"""Who looks at far more than they used to."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from indexer.volume import DAY, FEW, TIMES, tell, unusual
from models.audit import BEGINNING
from models.records import Alert, AuditEntry
from models.session import Database
from models.types import now
from tests.models.factories import make_user

MOMENT = now()


def look(database: Database, who: UUID, times: int, days_ago: float, action: str = "case.read") -> None:
    with database.writing() as session:
        first = (session.scalar(select(AuditEntry.number).order_by(AuditEntry.number.desc()).limit(1)) or 0) + 1
        for number in range(first, first + times):
            row = {"role": "case_worker", "action": action, "object_type": "case", "object_id": "1"}
            at = MOMENT - timedelta(days=days_ago)
            session.add(AuditEntry(number=number, at=at, actor_id=who, previous_hash=BEGINNING, hash="", **row))


def person(database: Database) -> UUID:
    with database.writing() as session:
        return make_user(session).id


def found(database: Database) -> list[UUID]:
    with database.reading() as session:
        return unusual(session, MOMENT)


def test_three_times_the_most_of_four_weeks_is_unusual(database: Database):
    steady, sudden, new, quiet, reviewer = (person(database) for _ in range(5))
    look(database, steady, FEW // TIMES, 3.5)
    look(database, steady, FEW, 0.5)
    look(database, sudden, FEW // TIMES - 1, 27.5)
    look(database, sudden, 2, 3.5)
    look(database, sudden, FEW, 0.5)
    look(database, new, FEW, 0.5)
    look(database, quiet, FEW - 1, 0.5)
    look(database, reviewer, FEW, 0.5, "assignment.look")
    assert found(database) == sorted([sudden, new])


def test_what_was_more_than_four_weeks_ago_does_not_count(sqlite_database: Database):
    someone = person(sqlite_database)
    look(sqlite_database, someone, FEW, 29.5)
    look(sqlite_database, someone, FEW, 0.5)
    assert found(sqlite_database) == [someone]


def test_it_is_told_once_a_day(sqlite_database: Database):
    someone = person(sqlite_database)
    for moment, told in ((MOMENT, 1), (MOMENT, 0), (MOMENT + 2 * DAY, 1)):
        with sqlite_database.writing() as session:
            assert tell(session, [someone], moment) == told
    with sqlite_database.reading() as session:
        assert [(alert.object_type, alert.object_id) for alert in session.scalars(select(Alert))] == [
            ("user", str(someone))
        ] * 2
