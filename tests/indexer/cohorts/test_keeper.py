"""Choosing a cohort and measuring street faces, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import delete, func, select

from indexer.cohorts import keeper as keeper_module
from indexer.cohorts.base import FOLDS, RawBecause
from indexer.cohorts.follower import CohortFollower
from indexer.cohorts.keeper import CohortKeeper, store_statistics
from indexer.cohorts.known import KnownFaces, brought_up
from indexer.cohorts.records import MOST_PER_CHILD, eligible_references, load_cohort, load_known, newest
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.erasure import destroy_photo
from indexer.settings import IndexerSettings
from indexer.storage import LocalStore
from indexer.worker import Worker
from models.case import CaseState
from models.cohort import CohortSource
from models.face import QualityClass
from models.records import Case, Cohort, CohortMember, Face, FaceStatistics, Photo, Reference
from models.session import Database
from tests.indexer.crowds import case_in, children
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack, World


class Kept(World):
    """A world with a worker's keeper and a service's follower in it."""

    made = 0

    def begin(self, settings: IndexerSettings, decoder: DecodePool) -> "Kept":
        context = Context(settings, self.keyring, self.database, LocalStore(settings.blobs), decoder)
        context.__dict__["_pack"] = DrawnPack()
        self.keeper = CohortKeeper(context)
        self.follower = CohortFollower(self.gallery, self.keyring)
        return self

    def add_cases(self, count: int, references: int = MOST_PER_CHILD, seed: int = 100, **columns) -> list[Case]:
        looks = children(count * references, DIMENSION, seed).reshape(count, references, DIMENSION)
        return [self.add_case(each, case_id=self._next_id(), **columns) for each in looks]

    def _next_id(self) -> UUID:
        """Of each fold in turn, so that it is no accident how many are left to every case."""
        self.made += 1
        return case_in(self.made % FOLDS)

    def keep(self) -> int:
        """All there is to do now; how many steps it took."""
        self.keeper.soon()
        steps = 0
        while self.keeper.step():
            steps += 1
        return steps

    def follow(self) -> None:
        with self.database.reading() as session:
            self.follower.follow(session, gallery_changed=True)

    def count(self, record: type) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(record)) or 0


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecodePool]:
    with DecodePool(IndexerSettings(decode_processes=1)) as pool:
        yield pool


@pytest.fixture
def world(database: Database, tmp_path: Path, settings: IndexerSettings, decoder: DecodePool) -> Kept:
    made = Kept.at(database, tmp_path)
    assert isinstance(made, Kept)
    return made.begin(settings, decoder)


def test_three_hundred_references_for_every_case_become_a_cohort_and_every_face_is_measured(world: Kept):
    faces = world.add_faces(children(40, DIMENSION, 1))
    world.add_cases(75)
    assert world.keep() == 3  # chosen, measured, ready
    with world.database.reading() as session:
        record = newest(session, PACK_ID, ready=True)
        assert record is not None
        assert (record.source, record.size) == (CohortSource.REFERENCES, 375)
        cohort = load_cohort(session, world.keyring, record, DIMENSION)
        known = load_known(session, cohort)
    assert cohort.variants == FOLDS
    assert [cohort.size_of(variant) for variant in range(FOLDS)] == [300] * FOLDS
    assert known.face_ids.tolist() == faces
    again = brought_up(KnownFaces.none(cohort), world.gallery, cohort)
    for stored, computed in zip(known.variants, again.variants, strict=True):
        assert stored.means == pytest.approx(computed.means, abs=1e-12)
        assert stored.deviations == pytest.approx(computed.deviations, abs=1e-12)
    world.follow()
    assert world.follower.ranker.cohort is not None
    assert len(world.follower.ranker.cohort) == 375


def test_where_299_are_left_to_some_case_they_are_refused_and_the_ranker_says_so(world: Kept):
    world.add_faces(children(3, DIMENSION, 1))
    world.add_cases(74)
    world.add_cases(1, references=4, seed=7)
    assert world.keep() == 0
    world.follow()
    assert world.follower.ranker.cohort is None
    assert world.follower.ranker.raw_because is RawBecause.FEWER_THAN_300_FACES


def test_only_approved_references_of_open_cases_count_and_five_of_each(world: Kept):
    world.add_case(children(9, DIMENSION, 1))
    world.add_case(children(2, DIMENSION, 2), approved=False)
    world.add_case(children(2, DIMENSION, 3), state=CaseState.AWAITING_APPROVAL)
    world.add_case(children(2, DIMENSION, 4), state=CaseState.CLOSED)
    world.add_case(children(2, DIMENSION, 5), pack_id="another")
    with world.database.reading() as session:
        assert len(eligible_references(session, PACK_ID)) == MOST_PER_CHILD


def test_a_cohort_is_not_used_before_every_face_is_measured(world: Kept, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeper_module, "FACES_AT_ONCE", 10)
    world.add_faces(children(25, DIMENSION, 1))
    world.add_cases(75)
    for _ in range(3):
        assert world.keeper.step()
        world.follow()
        assert world.follower.ranker.raw_because is RawBecause.COHORT_NOT_READY
    assert world.keep() == 2
    world.follow()
    assert world.follower.ranker.cohort is not None


def test_new_faces_are_measured_with_the_cohort_in_use(world: Kept):
    world.add_faces(children(5, DIMENSION, 1))
    world.add_cases(75)
    world.keep()
    world.follow()
    world.add_faces(children(3, DIMENSION, 2))
    world.add_faces(children(2, DIMENSION, 3), quality_class=QualityClass.NOT_ENROLLED)
    world.follow()  # at once, without waiting for the worker
    assert world.follower.known_faces == len(world.gallery) == 10
    assert world.keep() == 1
    assert world.count(FaceStatistics) == 8
    assert world.keep() == 0


def test_a_cohort_is_replaced_when_a_tenth_of_it_changed_and_the_old_one_goes(world: Kept):
    world.add_faces(children(5, DIMENSION, 1))
    cases = world.add_cases(85)
    world.keep()
    with world.database.reading() as session:
        first = newest(session, PACK_ID, ready=True)
        assert first is not None
    for case in cases[:3]:
        close(world, case)
    assert world.keep() == 0
    for case in cases[3:8]:
        close(world, case)
    world.add_cases(1, seed=900)
    assert world.keep() == 3
    with world.database.reading() as session:
        second = newest(session, PACK_ID, ready=True)
        assert second is not None
        assert second.id != first.id
    assert (world.count(Cohort), world.count(CohortMember), world.count(FaceStatistics)) == (1, 390, 5)


def test_while_a_cohort_is_measured_the_one_before_is_used(world: Kept):
    world.add_faces(children(5, DIMENSION, 1))
    world.add_cases(75)
    world.keep()
    world.follow()
    before = world.follower.ranker.cohort
    assert before is not None
    world.add_cases(20, seed=900)
    world.keeper.soon()
    assert world.keeper.step()
    world.follow()
    assert world.follower.ranker.cohort is before
    world.keep()
    world.follow()
    after = world.follower.ranker.cohort
    assert after is not None
    assert len(after) == 475


def test_a_reference_that_was_deleted_is_forgotten_by_the_service_too(world: Kept):
    world.add_cases(80)
    world.keep()
    world.follow()
    with world.database.writing() as session:
        session.execute(delete(Reference).where(Reference.id == session.scalar(select(Reference.id).limit(1))))
    world.follow()
    assert world.follower.ranker.cohort is not None
    assert len(world.follower.ranker.cohort) == 399


def test_a_cohort_of_which_too_few_are_left_is_not_said_to_be_coming(world: Kept):
    cases = world.add_cases(75)
    world.keep()
    with world.database.writing() as session:
        session.execute(delete(Reference).where(Reference.case_id == cases[0].id))
    world.keep()
    world.follow()
    assert world.follower.ranker.raw_because is RawBecause.FEWER_THAN_300_FACES


def test_what_an_erased_face_scored_goes_with_it(world: Kept):
    [face_id, other] = world.add_faces(children(2, DIMENSION, 1))
    world.add_cases(75)
    world.keep()
    world.follow()
    assert world.follower.known_faces == 2
    with world.database.writing() as session:
        destroy_photo(session, session.get_one(Photo, session.get_one(Face, face_id).photo_id), keep_away=True)
    world.gallery.remove(np.array([face_id]))
    with world.database.reading() as session:
        assert list(session.scalars(select(FaceStatistics.face_id))) == [other]
    world.follow()
    assert world.follower.known_faces == 1


def test_a_template_that_will_not_open_stops_nobody(world: Kept):
    [bad, *_] = world.add_faces(children(4, DIMENSION, 1))
    damaged, *_ = world.add_cases(76)
    with world.database.writing() as session:
        session.get_one(Case, damaged.id).wrapped_key = bytes(60)
        photo = session.get_one(Photo, session.get_one(Face, bad).photo_id)
        photo.wrapped_key = bytes(len(photo.wrapped_key))
    assert world.keep() == 3
    assert world.count(FaceStatistics) == 3
    world.follow()
    assert world.follower.ranker.cohort is not None
    assert len(world.follower.ranker.cohort) == 375


def test_two_keepers_measure_each_face_once(world: Kept):
    world.add_faces(children(30, DIMENSION, 1))
    world.add_cases(75)
    other = CohortKeeper(world.keeper._context)
    while any([world.keeper.step(), other.step()]):
        pass
    assert (world.count(Cohort), world.count(FaceStatistics)) == (1, 30)


def test_what_another_worker_stored_first_is_left_as_it_is(world: Kept):
    [face_id] = world.add_faces(children(1, DIMENSION, 1))
    world.add_cases(75)
    world.keep()
    with world.database.writing() as session:
        cohort_id = session.scalars(select(Cohort.id)).one()
        store_statistics(session, cohort_id, {face_id: b"late", 10**9: b"gone"})
        store_statistics(session, cohort_id + 1, {face_id: b"replaced"})
    with world.database.reading() as session:
        assert session.scalars(select(FaceStatistics.numbers)).one() != b"late"


def test_the_worker_keeps_the_cohort_when_no_photo_waits(world: Kept):
    world.add_faces(children(4, DIMENSION, 1))
    world.add_cases(75)
    Worker(world.keeper._context, Event()).run(once=True)
    with world.database.reading() as session:
        assert newest(session, PACK_ID, ready=True) is not None
    assert world.count(FaceStatistics) == 4


def close(world: Kept, case: Case) -> None:
    with world.database.writing() as session:
        session.get_one(Case, case.id).close("found")
