"""The follower's thread: ready when the gallery is whole, current soon after a commit, honest when it is not."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from indexer.cohorts.follower import CohortFollower
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.errors import GalleryNotReady, PackMissing
from indexer.gallery.follower import GalleryFollower
from indexer.gallery.projection import GalleryProjection, Recovery
from indexer.gallery.snapshot import read_snapshot
from indexer.keyring import KeyRing
from indexer.packs.base import LandmarkScheme, PackInfo, QualityThresholds
from indexer.settings import IndexerSettings
from indexer.storage import LocalStore
from models.session import Database
from tests.indexer.gallery.street import DIMENSION, PACK, Street
from tests.indexer.gallery.synthetic import strangers


class PassportOnly:
    """All that a follower asks of a pack is which one it is."""

    info = PackInfo(
        name="test",
        id=PACK,
        dimension=DIMENSION,
        licence="none",
        limits="none",
        scheme=LandmarkScheme.ARCFACE,
        quality=QualityThresholds(*[0.0] * 10),
    )


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecodePool]:
    with DecodePool(IndexerSettings(decode_processes=1)) as pool:
        yield pool


@pytest.fixture
def context(database: Database, settings: IndexerSettings, decoder: DecodePool) -> Context:
    quick = settings.model_copy(update={"follow_seconds": 0.02})
    made = Context(quick, KeyRing(b"m" * 32), database, LocalStore(settings.blobs), decoder)
    made.__dict__["_pack"] = PassportOnly()
    return made


@pytest.fixture
def street(context: Context) -> Street:
    return Street(context.database, context.keyring)


def eventually(is_so: Callable[[], bool], seconds: float = 2) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)
    return is_so()


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@on_sqlite
def test_before_it_has_loaded_it_is_not_ready_and_says_so(context: Context) -> None:
    follower = GalleryFollower(context)
    assert not follower.is_ready
    assert not follower.wait_ready(0)
    for ask in (lambda: follower.gallery, lambda: follower.size, lambda: follower.last_change, follower.catch_up):
        with pytest.raises(GalleryNotReady, match="still being loaded"):
            ask()


def test_a_face_is_searchable_within_two_seconds_of_its_commit_and_gone_as_soon(
    context: Context, street: Street
) -> None:
    template = strangers(1, DIMENSION, seed=2)
    street.add(strangers(3, DIMENSION, seed=1))
    with GalleryFollower(context) as follower:
        assert follower.wait_ready(10)
        assert (follower.size, follower.last_change, follower.recovery) == (3, 3, Recovery.MISSING)
        (face_id,) = street.add(template)
        assert eventually(lambda: face_id in follower.gallery)
        assert follower.gallery.search(template, 1)[0][0].face_id == face_id
        assert follower.last_change == 4
        street.remove([face_id])
        assert eventually(lambda: face_id not in follower.gallery)
    assert not follower.is_ready


@on_sqlite
def test_a_caller_may_catch_up_at_once(context: Context, street: Street) -> None:
    follower = GalleryFollower(context)
    assert follower.recover() is Recovery.MISSING
    faces = street.add(strangers(3, DIMENSION, seed=1))
    assert follower.catch_up() == 3
    assert sorted(follower.gallery.export()[0].tolist()) == faces


@on_sqlite
def test_faces_that_came_while_the_cohort_could_not_be_followed_are_measured_later(
    context: Context, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = GalleryFollower(context)
    follower.recover()
    [face_id] = street.add(strangers(1, DIMENSION, 1))
    told: list[bool] = []

    def follow(_follower: CohortFollower, _session: Session, *, gallery_changed: bool) -> None:
        told.append(gallery_changed)
        if len(told) == 1:
            raise OperationalError("select", {}, Exception("gone for a moment"))

    monkeypatch.setattr(CohortFollower, "follow", follow)
    with pytest.raises(OperationalError):
        follower.catch_up()
    assert face_id in follower.gallery
    follower.catch_up()
    follower.catch_up()
    assert told == [True, True, False]


@on_sqlite
def test_when_it_stops_no_removed_face_is_left_in_the_snapshot(context: Context, street: Street) -> None:
    faces = street.add(strangers(3, DIMENSION, seed=1))
    with GalleryFollower(context) as follower:
        assert follower.wait_ready(10)
        follower.snapshot()
        street.remove(faces[:1])
        assert eventually(lambda: follower.size == 2)
    manifest, face_ids, _ = read_snapshot(context.settings.snapshot_dir, PACK, DIMENSION, context.keyring.snapshot_key)
    assert (manifest.last_change, sorted(face_ids.tolist())) == (4, faces[1:])
    with GalleryFollower(context) as again:
        assert again.wait_ready(10)
        assert again.recovery is Recovery.LOADED
        assert again.size == 2


@on_sqlite
def test_a_missing_pack_is_waited_for(context: Context, street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def pack(_: Context) -> PassportOnly:
        asked.append(1)
        if len(asked) < 3:
            raise PackMissing(pack="test", path="packs/test")
        return PassportOnly()

    monkeypatch.setattr(Context, "pack", property(pack))
    with capture_logs() as logs, GalleryFollower(context) as follower:
        assert follower.wait_ready(10)
    assert [log["code"] for log in logs if log["event"] == "gallery_not_followed"] == ["pack_missing"] * 2


@on_sqlite
def test_a_database_that_is_away_for_a_while_is_waited_for(
    context: Context, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    away: list[int] = []
    honest = context.database.reading

    @contextmanager
    def reading() -> Iterator[Session]:
        if away:
            away.append(1)
            raise OperationalError("SELECT 1", {}, OSError("the server is away"))
        with honest() as session:
            yield session

    monkeypatch.setattr(context.database, "reading", reading)
    with GalleryFollower(context) as follower:
        assert follower.wait_ready(10)
        away.append(1)
        assert eventually(lambda: len(away) > 2)
        (face_id,) = street.add(strangers(1, DIMENSION, seed=1))
        assert follower.is_ready  # what it has may still be searched
        away.clear()
        assert eventually(lambda: face_id in follower.gallery)


@on_sqlite
def test_a_snapshot_that_cannot_be_written_keeps_nobody_from_searching(context: Context, street: Street) -> None:
    context.settings.data_dir.mkdir(parents=True, exist_ok=True)
    context.settings.snapshot_dir.write_text("a file where a folder belongs")
    with capture_logs() as logs, GalleryFollower(context) as follower:
        assert follower.wait_ready(10)
        assert follower.recovery is Recovery.DAMAGED
        (face_id,) = street.add(strangers(1, DIMENSION, seed=1))
        assert eventually(lambda: face_id in follower.gallery)
    said = [log["code"] for log in logs if log["event"] == "snapshot_not_written"]
    assert said == ["snapshot_not_written"] * 2  # once after the recovery and once at the end, not at every look


@on_sqlite
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_follower_that_died_is_not_ready(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with GalleryFollower(context) as follower:
        assert follower.wait_ready(10)
        monkeypatch.setattr(GalleryProjection, "catch_up", lambda *_: 1 / 0)
        assert eventually(lambda: not follower.is_ready)
        with pytest.raises(GalleryNotReady):
            follower.gallery.search(np.eye(1, DIMENSION, dtype=np.float32), 1)


def test_nothing_heavy_is_imported_before_a_gallery_is_made() -> None:
    code = "import sys, indexer.gallery.follower, indexer.gallery.faiss_gallery; sys.exit('faiss' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
