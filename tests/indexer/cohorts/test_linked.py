"""A cohort of linked street faces, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.cohorts import keeper as keeper_module
from indexer.cohorts import linked as linked_module
from indexer.cohorts.base import RawBecause
from indexer.cohorts.folder import cohort_from_folder
from indexer.cohorts.linked import LEAST_LINKED, eligible_linked, link_groups
from indexer.cohorts.records import load_known, newest
from indexer.decode_pool import DecodePool
from indexer.errors import CohortNotNeeded
from indexer.linking.threshold import Linking
from indexer.normalising import statistics
from indexer.settings import IndexerSettings
from models.cohort import CohortSource
from models.face import QualityClass
from models.link import FaceLink, LinkReason, LinkThreshold
from models.photo import PhotoState
from models.records import Face, Photo
from models.session import Database
from tests.indexer.cohorts.test_keeper import Kept
from tests.indexer.crowds import children
from tests.indexer.worlds import DIMENSION, PACK_ID


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecodePool]:
    with DecodePool(IndexerSettings(decode_processes=1)) as pool:
        yield pool


@pytest.fixture
def world(database: Database, tmp_path: Path, settings: IndexerSettings, decoder: DecodePool) -> Kept:
    made = Kept.at(database, tmp_path)
    assert isinstance(made, Kept)
    return made.begin(settings, decoder)


@pytest.fixture
def enough(monkeypatch: pytest.MonkeyPatch) -> int:
    """So many linked faces make a cohort here: a thousand take long to draw and show nothing more."""
    assert LEAST_LINKED == 1000
    monkeypatch.setattr(keeper_module, "LEAST_LINKED", 320)
    return 320


def linked_pairs(world: Kept, faces: int) -> tuple[list[int], np.ndarray]:
    """Faces of ``faces / 2`` children, two and two linked."""
    looks = np.repeat(children(faces // 2, DIMENSION, 5), 2, axis=0)
    looks += np.random.default_rng(6).normal(0, 0.02, looks.shape).astype(np.float32)
    looks = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
    ids = world.add_faces(looks)
    link(world, list(zip(ids[::2], ids[1::2], strict=True)))
    with world.database.writing() as session:
        for photo in session.query(Photo):
            photo.state = PhotoState.DONE
    return ids, looks


def link(world: Kept, pairs: list[tuple[int, int]]) -> None:
    with world.database.writing() as session:
        for one, other in pairs:
            session.add(FaceLink(face_id=one, other_id=other, reason=LinkReason.ALIKE, score=0.8))


def test_linked_faces_are_the_cohort_where_references_are_too_few(world: Kept, enough: int):
    linked_pairs(world, enough)
    world.add_faces(children(20, DIMENSION, 7))
    world.keep()
    with world.database.reading() as session:
        record = newest(session, PACK_ID, ready=True)
        assert record is not None
        assert (record.source, record.size) == (CohortSource.LINKED_FACES, enough)
    world.follow()
    assert (world.follower.ranker.raw_because, world.follower.known_faces) == (None, enough + 20)
    with pytest.raises(CohortNotNeeded, match="320 references of open cases, or faces of linked children"):
        cohort_from_folder(world.keeper._context, [], lambda: None)
    world.add_cases(75)
    world.keep()
    with world.database.reading() as session:
        assert newest(session, PACK_ID, ready=True).source is CohortSource.REFERENCES


def test_one_too_few_is_raw(world: Kept, enough: int):
    linked_pairs(world, enough - 2)
    assert world.keep() == 0
    world.follow()
    assert world.follower.ranker.raw_because is RawBecause.FEWER_THAN_300_FACES


def test_a_face_is_measured_without_its_own_group_by_worker_and_service(world: Kept, enough: int):
    ids, looks = linked_pairs(world, enough)
    world.keep()
    world.follow()
    late = world.add_faces(looks[:2])  # nobody has measured these; one of them is linked to the first child
    link(world, [(ids[0], late[0])])
    world.follow()
    known = world.follower._known
    stored = world.gallery.templates(np.array([*ids, *late]))[1].astype(np.float32)
    cohort = stored[: len(ids)]
    groups = np.repeat(np.arange(0, enough, 2), 2)

    def expected(row: int, group: int) -> float:
        return float(statistics(stored[row : row + 1], cohort[groups != group]).means[0])

    means = known.of(np.array([ids[0], ids[5], late[0], late[1]]), 0).means
    assert means == pytest.approx(
        [expected(0, 0), expected(5, 4), expected(enough, 0), expected(enough + 1, -1)], abs=1e-4
    )
    with_mates = float(statistics(stored[:1], cohort).means[0])
    assert with_mates > means[0] + 0.005


def test_what_is_measured_does_not_depend_on_when_links_are_made(world: Kept, enough: int):
    ids, looks = linked_pairs(world, enough)
    with world.database.writing() as session:
        session.add(LinkThreshold(pack_id=PACK_ID, content=Linking(PACK_ID, 0.8, 0.99, 9, {}, "today").content))
    world.keep()
    world.follow()
    link(world, [(ids[3], ids[4])])  # the cohort is loaded already: two of its children become one
    early, linked = world.add_faces(looks[[0, 5]])  # the first is not linked yet when it is measured
    link(world, [(ids[4], linked)])
    world.keep()
    world.follow()
    stored = world.gallery.templates(np.array([*ids, early, linked]))[1].astype(np.float32)
    cohort = stored[:enough]
    expected = [
        float(statistics(stored[[enough]], np.delete(cohort, [0, 1], axis=0)).means[0]),
        float(statistics(stored[[enough + 1]], np.delete(cohort, [2, 3, 4, 5], axis=0)).means[0]),
    ]
    here = np.array([early, linked])
    assert world.follower._known.of(here, 0).means == pytest.approx(expected, abs=1e-4)
    with world.database.reading() as session:
        cohort_in_use = world.follower.ranker.cohort
        assert load_known(session, cohort_in_use).of(here, 0).means == pytest.approx(expected, abs=1e-4)
    assert float(statistics(stored[[enough]], cohort).means[0]) > expected[0] + 0.005


def test_copies_hidden_photos_unusable_faces_and_undone_links_do_not_count(world: Kept):
    ids, _ = linked_pairs(world, 20)
    with world.database.writing() as session:
        photo = {each: session.get_one(Photo, session.get_one(Face, each).photo_id) for each in ids}
        photo[ids[0]].near_repeat_of = photo[ids[1]].id
        photo[ids[2]].state = PhotoState.HIDDEN
        session.get_one(Face, ids[4]).quality_class = QualityClass.NOT_ENROLLED
        session.get_one(FaceLink, (ids[6], ids[7])).undo(world.worker.id)
    with world.database.reading() as session:
        assert set(eligible_linked(session, PACK_ID)) == set(ids) - {ids[0], ids[2], ids[4], ids[6], ids[7]}
        assert eligible_linked(session, "another") == []


def test_no_child_stands_for_more_than_five_faces(world: Kept, monkeypatch: pytest.MonkeyPatch):
    ids, _ = linked_pairs(world, 20)
    link(
        world, [(one, other) for one, other in zip(ids[1:13:2], ids[2:14:2], strict=True)]
    )  # the first 14 are one child
    with world.database.reading() as session:
        chosen = eligible_linked(session, PACK_ID)
        assert len(chosen) == 5 + 6
        assert len(set(ids[:14]) & set(chosen)) == 5
        assert link_groups(session, [ids[13], ids[15], ids[16]]).tolist() == [ids[0], ids[14], ids[16]]
        monkeypatch.setattr(linked_module, "MOST", 7)
        assert eligible_linked(session, PACK_ID) == chosen[:7]
