"""What a worker asks the database when nothing came: nothing that takes longer the more faces there are."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, update

from indexer.cohorts.base import FOLDS
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.settings import IndexerSettings
from indexer.standing.gallery_size import GallerySize
from indexer.storage import LocalStore
from indexer.worker import Worker
from models.photo import PhotoState
from models.records import FaceStatistics, Photo
from models.session import Database
from tests.indexer.crowds import case_in, children
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack, World

OF_EACH_FACE = ("faces", "templates", "face_statistics", "gallery_changes", "photos")
OPEN_ENDED = ("photo_id>?", "photo_id<?")  # "has a photo" as a range of an index is every street face


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    return World.at(sqlite_database, tmp_path)


@pytest.fixture
def worker(world: World, settings: IndexerSettings, decode_pool: DecodePool) -> Worker:
    context = Context(settings, world.keyring, world.database, LocalStore(settings.blobs), decode_pool)
    context.__dict__["_pack"] = DrawnPack()
    return Worker(context, Event())


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, words: str, given: Any, *_: object) -> None:
        asked.append((words, given))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def read_whole(connection: Connection, words: str, given: Any) -> list[str]:
    """The steps of SQLite's plan for a statement that read every row of a table with rows for each street face."""
    if not words.startswith("SELECT"):
        return []
    plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", given)]
    whole = [step for step in plan if step.split(" USING ")[0] in {f"SCAN {table}" for table in OF_EACH_FACE}]
    # the state of waiting photos is that of few, of faces' photos that of nearly all
    open_ended = [*OPEN_ENDED, "ix_photos_queue (state=?)"] if "JOIN faces" in words else OPEN_ENDED
    return whole + [step for step in plan if any(each in step for each in open_ended)]


def work_off(worker: Worker) -> None:
    while worker._round(Counter()):
        pass


def look_again(worker: Worker) -> None:
    """One round as if photos had been worked on, and time had passed."""
    for keeper in worker._keepers:
        keeper.__dict__["_look_at"] = 0.0
    worker._cohorts.soon()
    assert not worker._round(Counter())


@pytest.mark.parametrize("cases", [80, 20])
def test_an_idle_round_reads_no_table_of_faces_from_end_to_end(world: World, worker: Worker, cases: int):
    world.add_faces(children(30, DIMENSION, 1))
    with world.database.writing() as session:
        session.execute(update(Photo).values(state=PhotoState.DONE))
    for number in range(cases):
        world.add_case(children(5, DIMENSION, 100 + number), case_id=case_in(number % FOLDS))
    work_off(worker)
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(FaceStatistics)) == (30 if cases == 80 else 0)
    with statements(world.database) as asked:
        look_again(worker)
    with world.database.engine.connect() as connection:
        whole = [step for words, given in asked for step in read_whole(connection, words, given)]
    assert whole == []
    assert len(asked) > 10


def test_after_few_changes_faces_are_not_counted_anew(world: World):
    world.add_faces(children(200, DIMENSION, 1))
    size = GallerySize()
    for added, told, counts in ((0, 200, 1), (1, 200, 0), (1, 200, 0), (1, 203, 1)):
        world.add_faces(children(added, DIMENSION, 2))
        with statements(world.database) as asked, world.database.reading() as session:
            assert size.at(session, PACK_ID) == told
        assert sum("count(*)" in words for words, _ in asked) == counts
