"""A cohort of which most will not open: searches and the worker go on with raw scores, and come back by themselves."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from indexer.cohorts.base import RawBecause
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.gallery.follower import GalleryFollower
from indexer.settings import IndexerSettings
from indexer.worker import Worker
from models.photo import PhotoState
from models.records import Case, Photo
from models.session import Database
from tests.indexer.cohorts.test_keeper import Kept
from tests.indexer.crowds import children
from tests.indexer.test_search import searched
from tests.indexer.worlds import DIMENSION


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecodePool]:
    with DecodePool(IndexerSettings(decode_processes=1)) as pool:
        yield pool


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path, settings: IndexerSettings, decoder: DecodePool) -> Kept:
    made = Kept.at(sqlite_database, tmp_path)
    assert isinstance(made, Kept)
    made.begin(settings, decoder)
    made.add_faces(children(40, DIMENSION, 1))
    with made.database.writing() as session:
        session.execute(update(Photo).values(state=PhotoState.DONE))
    return made


def damage(world: Kept, cases: list[Case]) -> dict:
    """What their keys were."""
    kept = {case.id: case.wrapped_key for case in cases}
    give_keys(world, dict.fromkeys(kept, bytes(60)))
    return kept


def give_keys(world: Kept, keys: dict) -> None:
    with world.database.writing() as session:
        for case_id, key in keys.items():
            session.get_one(Case, case_id).wrapped_key = key


def work_once(context: Context) -> None:
    worker = Worker(context, Event())
    for _ in range(3):
        worker.run(once=True)
        worker._cohorts.soon()


@pytest.mark.parametrize("was_measured", [True, False])
def test_worker_and_service_go_on_with_raw_scores_and_come_back(
    world: Kept, was_measured: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("indexer.cohorts.opened.AGAIN_SECONDS", 0.0)
    context = world.keeper._context
    cases = world.add_cases(75)
    if was_measured:
        world.keep()
    keys = damage(world, cases[:60])
    service = GalleryFollower(context)
    with capture_logs() as logs:
        service.recover()
        work_once(context)
        service.catch_up()
        service.catch_up()
    assert service.ranker.raw_because is RawBecause.COHORT_UNREADABLE
    told = [each["event"] for each in logs]
    assert told.count("cohort_of_no_use") == 1
    assert told.count("cohort_unreadable") == 2  # the service, and the worker's own copy of the gallery
    assert searched(world, cases[70], service.ranker).raw_because == "cohort_unreadable"
    give_keys(world, keys)
    work_once(context)
    service.catch_up()
    assert service.ranker.cohort is not None
    assert searched(world, cases[70], service.ranker).raw_because is None


def test_what_will_not_open_is_tried_again_only_after_a_while(world: Kept, monkeypatch: pytest.MonkeyPatch):
    cases = world.add_cases(75)
    world.keep()
    keys = damage(world, cases[:60])
    service = GalleryFollower(world.keeper._context)
    service.recover()
    give_keys(world, keys)
    service.catch_up()
    assert service.ranker.raw_because is RawBecause.COHORT_UNREADABLE
    monkeypatch.setattr("indexer.cohorts.opened.time.monotonic", lambda: float("inf"))
    service.catch_up()
    assert service.ranker.raw_because is None
