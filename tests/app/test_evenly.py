"""Answers to reviewers come at even steps of time, and nobody else waits for them."""

import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

from app.evenly import evenly
from models.records import Assignment, AuditEntry, Review
from models.session import Database
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.pages.conftest import Visit

PATH = "/v1/review/assignments"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """The one with a single writer, whom nobody may keep waiting."""
    return sqlite_database


@pytest.mark.parametrize("takes", [0.001, 0.03, 0.06])
def test_whatever_the_work_takes_the_answer_comes_at_a_step(monkeypatch: pytest.MonkeyPatch, takes: float):
    clock = [7.123]
    time_here = SimpleNamespace(monotonic=lambda: clock[0], sleep=lambda seconds: clock.append(clock.pop() + seconds))
    monkeypatch.setattr("app.evenly.time", time_here)
    monkeypatch.setattr("app.evenly.EVERY_SECONDS", 0.05)
    for _ in evenly():
        clock.append(clock.pop() + takes)
    assert clock[0] - 7.123 == pytest.approx(0.05 if takes <= 0.05 else 0.1)


def test_an_error_comes_at_a_step_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.evenly.EVERY_SECONDS", 0.05)
    began, held = time.monotonic(), evenly()
    next(held)
    with pytest.raises(LookupError):
        held.throw(LookupError())
    assert time.monotonic() - began >= 0.05


def test_all_that_differs_is_held_when_its_work_is_committed_and_the_writer_free(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    desk = Desk(service)
    desk.add_candidates(3)
    seen: list[tuple[int, ...]] = []

    def hold(_seconds: float) -> None:
        with service.database.writing():
            seen.append(tuple(desk.count(record) for record in (Assignment, Review, AuditEntry)))

    reviewer, browser = desk.reviewer(), service.keep(Visit(service.url, desk.reviewer().token))
    monkeypatch.setattr("app.evenly.EVERY_SECONDS", 0.05)
    monkeypatch.setattr("app.evenly.time", SimpleNamespace(monotonic=time.monotonic, sleep=hold))
    held = desk.take(reviewer).json()["id"]
    reviewer.get(f"{PATH}/{held}/faces/0")
    pair = browser.fill("/review/next").headers["location"]
    browser.get(f"{pair}/faces/0")
    browser.fill(f"{pair}/answer", {"answer": "1"})
    assert len(seen) == 5
    assert [(now[0] - before[0], now[1] - before[1]) for before, now in pairwise(seen)] == [
        (0, 0),
        (1, 0),
        (0, 0),
        (1, 1),
    ]
    assert all(now[2] > before[2] for before, now in pairwise(seen))
