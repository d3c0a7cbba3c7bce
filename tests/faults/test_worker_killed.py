"""kill -9 of the worker at seeded moments: every photo is indexed exactly once."""

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from indexer.decode_pool import DecodePool
from indexer.discards import sweep_discarded
from indexer.packs.base import Pack
from models.records import DiscardedBlob, Face, GalleryChange, Photo, Template
from tests.indexer.installation import Installation, installation
from tests.indexer.people import count, stored, take_in, volunteer
from tests.indexer.pictures import face_photo

LEASE_SECONDS = 2.0
PER_BATCH = 4
LONG = "HOMEWARD_LONG" in os.environ


@pytest.fixture
def sqlite_installation(
    tmp_path: Path, pack: Pack, packs_folder: Path, decode_pool: DecodePool
) -> Iterator[Installation]:
    with installation(tmp_path, pack, packs_folder, decode_pool) as made:
        yield made


@pytest.fixture
def postgresql_installation(
    tmp_path: Path, pack: Pack, packs_folder: Path, decode_pool: DecodePool, postgresql_url: str
) -> Iterator[Installation]:
    with installation(tmp_path, pack, packs_folder, decode_pool, postgresql_url) as made:
        yield made


def take_in_photos(installed: Installation, number: int) -> None:
    actor = volunteer(installed.context)
    for seed in range(number):
        take_in(installed.context, actor, face_photo(seed))


def start_worker(installed: Installation, *arguments: str) -> "subprocess.Popen[str]":
    return installed.start("work", *arguments, lease_seconds=LEASE_SECONDS, batch_size=PER_BATCH, poll_seconds=0.1)


def kill_at_work(process: "subprocess.Popen[str]", moment: random.Random, seconds: float) -> None:
    """Wait until it has finished a photo, and then for a moment of its own."""
    assert process.stderr is not None
    while "photo_done" not in (line := process.stderr.readline()):
        assert line, "the worker ended by itself"
    time.sleep(moment.uniform(0, seconds))
    process.kill()
    process.wait()
    process.stderr.close()
    assert process.stdout is not None
    process.stdout.close()


def assert_indexed_exactly_once(installed: Installation, number: int) -> None:
    context = installed.context
    with context.database.reading() as session:
        states = Counter(session.scalars(select(Photo.state)))
        faces_per_photo = Counter(session.scalars(select(Face.photo_id)))
        changes = session.execute(select(GalleryChange.face_id, GalleryChange.kind))
        added = Counter((change.face_id, change.kind) for change in changes)
        templates = set(session.scalars(select(Template.face_id)))
        faces = {face.id: face for face in session.scalars(select(Face))}
        numbers = session.scalars(select(GalleryChange.number).order_by(GalleryChange.number)).all()
        found = session.scalar(select(func.sum(Photo.faces_found)))
    assert states == {"done": number}
    assert set(faces_per_photo.values()) == {1}
    assert len(faces_per_photo) == found == number
    assert added == {(face_id, "add"): 1 for face_id in faces}
    assert templates == set(faces)
    assert numbers == list(range(1, number + 1))
    for _ in range(100):  # what killed attempts left is due one lease after they announced it
        sweep_discarded(context)
        if count(context, DiscardedBlob) == 0:
            break
        time.sleep(0.1)
    crops = {face.crop_blob_name for face in faces.values()}
    assert {name for name in stored(context) if name.startswith("crops/")} == crops
    assert len(stored(context)) == 2 * number


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_worker_killed_again_and_again_indexes_every_photo_exactly_once(sqlite_installation: Installation):
    """Ten times over 200 photos with `make faults`."""
    photos, kills = (200, 10) if LONG else (30, 3)
    take_in_photos(sqlite_installation, photos)
    moment = random.Random(20261123)
    for _ in range(kills):
        kill_at_work(start_worker(sqlite_installation), moment, seconds=2.5)
    with start_worker(sqlite_installation, "--once") as last:
        _, err = last.communicate(timeout=240)
    assert last.returncode == 0, err
    assert_indexed_exactly_once(sqlite_installation, photos)


@pytest.mark.slow
def test_two_workers_killed_three_times_on_postgresql_index_every_photo_exactly_once(
    postgresql_installation: Installation,
):
    photos = 40 if LONG else 20
    take_in_photos(postgresql_installation, photos)
    moment = random.Random(7)
    second = start_worker(postgresql_installation)
    for _ in range(3):
        first = start_worker(postgresql_installation)
        kill_at_work(second, moment, seconds=1.0)
        second = first
    with start_worker(postgresql_installation, "--once") as last:
        _, err = last.communicate(timeout=120)
    second.terminate()
    second.communicate(timeout=60)
    assert (last.returncode, second.returncode) == (0, 0), err
    assert_indexed_exactly_once(postgresql_installation, photos)
