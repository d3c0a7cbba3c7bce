"""A reviewer's own results, and the truth that is told once an answer to a known pair is locked."""

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest

from app.house import House
from models.records import SeededPair
from models.review import AssignmentState
from models.types import now
from models.user import Role
from tests.app.conftest import Service, running
from tests.app.desk import Desk
from tests.app.pages.conftest import Visitors
from tests.app.test_seeded import ticked_case


@pytest.fixture
def service(make_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Every pair that can be a seeded one is."""
    monkeypatch.setattr("app.services.queue.is_due", lambda *_: True)
    with running(make_house()) as started:
        yield started


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(page)).split())


def test_a_known_pair_is_answered_as_any_other_and_then_the_truth_is_told(service: Service, visit: Visitors):
    desk = Desk(service)
    desk.add_candidates(2)
    ticked_case(desk, [4.0, 9.0], child_name="Planted Childname")
    reviewer = visit(Role.REVIEWER)
    seeded = reviewer.fill("/review/next").headers["location"]
    assert reviewer.get("/review").headers["location"] == seeded
    before = reviewer.see(seeded)
    told = reviewer.fill(f"{seeded}/answer", {"answer": "-1"}, page=seeded)
    assert told.headers["location"] == seeded
    assert "This pair was a test: both pictures show the same child." in words(reviewer.see(seeded))
    real = reviewer.fill("/review/next").headers["location"]
    assert real != seeded
    assert before.replace(seeded, real) == re.sub(r"<time.*?</time>", clock_of(before), reviewer.see(real))
    assert "Planted" not in before + reviewer.see("/review/mine")


def clock_of(page: str) -> str:
    found = re.search(r"<time.*?</time>", page)
    assert found is not None
    return found[0]


def test_own_results_are_told_from_twenty_on_and_to_nobody_else(service: Service, visit: Visitors):
    reviewer = visit(Role.REVIEWER)
    assert words(reviewer.see("/review/mine")).count("not measured") == 4
    assert reviewer.user is not None
    with service.database.writing() as session:
        for number in range(20):
            known = {"same": False, "seed": 1, "face_px": 50.0, "dated": False, "closed_at": now(), "lapses_at": now()}
            answered = {"state": AssignmentState.ANSWERED, "answer": 1 if number < 2 else -1}
            session.add(SeededPair(reviewer_id=reviewer.user.id, **known, **answered))
    page = words(reviewer.see("/review/mine"))
    assert "2 / 20 10% 2.8% – 30.1%" in page
    assert page.count("not measured") == 2
    assert "told twenty at a time" in page
    assert words(visit(Role.REVIEWER).see("/review/mine")).count("not measured") == 4
