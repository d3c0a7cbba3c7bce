"""Searching a case, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from indexer.cohorts.base import RawBecause
from indexer.erasure import destroy_photo
from indexer.errors import CaseNotSearchable, ForeignPack
from indexer.rankers import Ranker, RawRanker
from indexer.search import RANKS, look_up, record_search
from models.candidate import CandidateState
from models.case import CaseState
from models.face import QualityClass
from models.records import Candidate, Case, Face, Photo, Reference, Search, SearchResult
from models.session import Database
from models.user import Role
from tests.indexer.gallery.synthetic import around, strangers
from tests.indexer.worlds import DIMENSION, DrawnPack, World
from tests.models.factories import make_user

RAW = RawRanker(RawBecause.FEWER_THAN_300_FACES)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World.at(database, tmp_path)


def searched(world: World, case: Case, ranker: Ranker = RAW) -> Search:
    with world.database.reading() as session:
        findings = look_up(session, world.keyring, world.gallery, case, ranker, DrawnPack.info.quality)
    with world.database.writing() as session:
        locked = session.get_one(Case, case.id, with_for_update=True)
        return record_search(session, locked, findings, world.worker.id, "test")


def listed(world: World, search: Search) -> list[tuple[SearchResult, Candidate]]:
    with world.database.reading() as session:
        query = select(SearchResult, Candidate).join(Candidate, SearchResult.candidate_id == Candidate.id)
        rows = session.execute(query.where(SearchResult.search_id == search.id).order_by(SearchResult.rank))
        return [(result, candidate) for result, candidate in rows]


def face_ids(world: World, search: Search) -> list[int | None]:
    return [candidate.face_id for _, candidate in listed(world, search)]


def count(world: World, record: type) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def test_the_best_twenty_faces_become_candidates_and_the_first_five_are_reviewed_first(world: World):
    child = strangers(1, DIMENSION, 1)
    ids = world.add_faces(strangers(50, DIMENSION, 2))
    [true_face] = world.add_faces(around(child, 0.95, 3))
    search = searched(world, world.add_case(child))
    rows = listed(world, search)
    assert [result.rank for result, _ in rows] == list(range(1, RANKS + 1))
    assert rows[0][1].face_id == true_face
    assert [candidate.batch for _, candidate in rows] == [1] * 5 + [2] * 15
    scores = [result.score for result, _ in rows]
    assert scores == sorted(scores, reverse=True)
    assert {candidate.face_id for _, candidate in rows} <= {true_face, *ids}
    assert [result.raw_score for result, _ in rows] == scores
    assert (search.gallery_size, search.threshold) == (51, None)
    assert (search.cohort_source, search.cohort_size, search.raw_because) == (None, None, "fewer_than_300_cohort_faces")


def test_each_face_is_scored_by_the_reference_it_is_most_like(world: World):
    looks = strangers(2, DIMENSION, 1)
    first, second = world.add_faces(around(looks, 0.9, 2))
    world.add_faces(strangers(10, DIMENSION, 3))
    case = world.add_case(looks)
    with world.database.reading() as session:
        query = select(Reference.id).where(Reference.case_id == case.id).order_by(Reference.added_at, Reference.id)
        references = list(session.scalars(query))
    best = {candidate.face_id: result.reference_id for result, candidate in listed(world, searched(world, case))}
    assert (best[first], best[second]) == tuple(references)


def test_an_erased_photo_never_appears_even_from_a_stale_gallery(world: World):
    child = strangers(1, DIMENSION, 1)
    gone = world.add_faces(around(np.repeat(child, 45, axis=0), 0.99, 2))
    hidden = world.add_faces(around(child, 0.99, 3))
    alive = world.add_faces(strangers(30, DIMENSION, 4))
    with world.database.writing() as session:
        for face_id in gone:
            destroy_photo(session, session.get_one(Photo, session.get_one(Face, face_id).photo_id), keep_away=True)
        session.get_one(Photo, session.get_one(Face, hidden[0]).photo_id).hide()
    found = face_ids(world, searched(world, world.add_case(child)))
    assert len(world.gallery) == 76
    assert len(found) == RANKS
    assert set(found) <= set(alive)


def test_a_photo_erased_between_comparing_and_recording_leaves_no_candidate(world: World):
    child = strangers(1, DIMENSION, 1)
    [face_id] = world.add_faces(around(child, 0.9, 2))
    others = world.add_faces(strangers(3, DIMENSION, 3))
    case = world.add_case(child)
    with world.database.reading() as session:
        findings = look_up(session, world.keyring, world.gallery, case, RAW, DrawnPack.info.quality)
    with world.database.writing() as session:
        destroy_photo(session, session.get_one(Photo, session.get_one(Face, face_id).photo_id), keep_away=True)
    with world.database.writing() as session:
        search = record_search(session, session.get_one(Case, case.id), findings, world.worker.id, "test")
    assert sorted(face_ids(world, search)) == others


def test_a_face_not_enrolled_or_without_a_template_of_the_pack_is_no_candidate(world: World):
    child = strangers(1, DIMENSION, 1)
    world.add_faces(around(child, 0.9, 2), quality_class=QualityClass.NOT_ENROLLED)
    world.add_faces(around(child, 0.9, 3), pack_id="another")
    [plain] = world.add_faces(strangers(1, DIMENSION, 4))
    assert face_ids(world, searched(world, world.add_case(child))) == [plain]


def test_a_pair_is_a_candidate_once_however_often_it_is_found(world: World):
    child = strangers(1, DIMENSION, 1)
    world.add_faces(strangers(8, DIMENSION, 2))
    case = world.add_case(child)
    first, second = searched(world, case), searched(world, case)
    assert [c.id for _, c in listed(world, first)] == [c.id for _, c in listed(world, second)]
    assert count(world, Candidate) == 8
    assert count(world, Search) == 2


def test_parallel_searches_of_one_case_make_each_candidate_once(world: World):
    world.add_faces(strangers(30, DIMENSION, 2))
    case = world.add_case(strangers(2, DIMENSION, 1))
    with ThreadPoolExecutor(4) as threads:
        searches = list(threads.map(lambda _: searched(world, case), range(8)))
    assert count(world, Candidate) == RANKS
    lists = [[candidate.id for _, candidate in listed(world, search)] for search in searches]
    assert all(each == lists[0] for each in lists)


def test_a_rejected_candidate_stays_rejected_and_an_open_one_may_be_hastened(world: World):
    child = strangers(1, DIMENSION, 1)
    world.add_faces(strangers(6, DIMENSION, 2))
    case = world.add_case(child)
    before = [candidate.id for _, candidate in listed(world, searched(world, case))]
    with world.database.writing() as session:
        rejected = session.get_one(Candidate, before[0])
        rejected.start_review()
        rejected.settle(-2, -1)
        late = session.get_one(Candidate, before[5])
        assert late.batch == 2
        world.gallery.remove(np.array([session.get_one(Candidate, before[1]).face_id]))
    rows = listed(world, searched(world, case))
    assert [candidate.id for _, candidate in rows] == [before[0], *before[2:]]
    assert [candidate.batch for _, candidate in rows] == [1] * 5
    assert rows[0][1].state is CandidateState.REJECTED


def test_two_faces_of_one_photo_are_both_flagged(world: World):
    child = strangers(1, DIMENSION, 1)
    pair = world.add_faces(around(np.repeat(child, 2, axis=0), 0.9, 2), one_photo=True)
    world.add_faces(strangers(3, DIMENSION, 3))
    flags = {
        candidate.face_id: result.flags for result, candidate in listed(world, searched(world, world.add_case(child)))
    }
    assert {face_id for face_id, flag in flags.items() if flag == ["same_photo"]} == set(pair)
    assert sum(flag == [] for flag in flags.values()) == 3


def test_what_people_entered_is_held_against_each_other_and_leaves_nobody_out(world: World):
    child = strangers(1, DIMENSION, 1)
    before, fitting, crowded, silent = world.add_faces(around(np.repeat(child, 4, axis=0), 0.9, 2))
    with world.database.writing() as session:
        volunteer = make_user(session, Role.VOLUNTEER)
        world.describe(session, before, volunteer, faces=1, taken_at="2019-05-05T10:00:00+00:00", apparent_sex="male")
        world.describe(session, fitting, volunteer, faces=1, taken_at="2024-05-05T10:00:00+00:00", apparent_age=9)
        world.describe(session, crowded, volunteer, faces=2, apparent_age=25, apparent_sex="male")
    details = {"birth_date": "2015-06-01", "sex": "female", "missing_since": "2020-03-01"}
    rows = listed(world, searched(world, world.add_case(child, details=details)))
    flags = {candidate.face_id: result.flags for result, candidate in rows}
    assert flags == {before: ["photo_before_missing", "sex_conflict"], fitting: [], crowded: [], silent: []}


@pytest.mark.parametrize("state", [CaseState.AWAITING_APPROVAL, CaseState.CLOSED])
def test_only_an_approved_open_case_is_searched(world: World, state: CaseState):
    world.add_faces(strangers(3, DIMENSION, 2))
    case = world.add_case(strangers(1, DIMENSION, 1), state=state)
    with pytest.raises(CaseNotSearchable):
        searched(world, case)
    assert count(world, Search) == count(world, Candidate) == 0


def test_a_case_closed_between_comparing_and_recording_gets_no_candidates(world: World):
    world.add_faces(strangers(3, DIMENSION, 2))
    case = world.add_case(strangers(1, DIMENSION, 1))
    with world.database.reading() as session:
        findings = look_up(session, world.keyring, world.gallery, case, RAW, DrawnPack.info.quality)
    with world.database.writing() as session:
        session.get_one(Case, case.id).close("found")
    with pytest.raises(CaseNotSearchable), world.database.writing() as session:
        record_search(session, session.get_one(Case, case.id), findings, world.worker.id, "test")
    assert count(world, Candidate) == 0


def test_references_that_wait_for_approval_are_not_searched_with(world: World):
    world.add_faces(strangers(3, DIMENSION, 2))
    case = world.add_case(strangers(2, DIMENSION, 1), approved=False)
    with pytest.raises(CaseNotSearchable, match="no approved reference"):
        searched(world, case)


def test_templates_of_another_pack_are_never_compared(world: World):
    world.add_faces(strangers(3, DIMENSION, 2))
    case = world.add_case(strangers(1, DIMENSION, 1), pack_id="another")
    with pytest.raises(ForeignPack, match=r"another.*synthetic"):
        searched(world, case)


def test_an_empty_gallery_gives_an_empty_list_and_no_figure(world: World):
    search = searched(world, world.add_case(strangers(1, DIMENSION, 1)))
    assert listed(world, search) == []
    assert (search.expected_false_candidates, search.expected_false_reason) == (None, "empty_list")


def test_expected_false_candidates_are_counted_with_other_cases_references(world: World):
    random = strangers(200, DIMENSION, 2)
    world.add_faces(random)
    child, others = strangers(1, DIMENSION, 1), strangers(20, DIMENSION, 3)
    for pair in others.reshape(10, 2, DIMENSION):
        world.add_case(pair)
    search = searched(world, world.add_case(child))
    lowest = listed(world, search)[-1][0].score
    stored = random.astype(np.float16).astype(np.float64)
    per_case = (others.reshape(10, 2, DIMENSION).astype(np.float64) @ stored.T).max(axis=1)
    by_hand = np.minimum((per_case >= lowest).sum(axis=1), RANKS).mean()
    assert search.expected_false_candidates == pytest.approx(by_hand)
    assert 0 < by_hand <= RANKS
    assert search.expected_false_reason is None


def test_nineteen_references_of_other_cases_are_too_few_for_a_figure(world: World):
    world.add_faces(strangers(30, DIMENSION, 2))
    world.add_case(strangers(19, DIMENSION, 3))
    world.add_case(strangers(5, DIMENSION, 4), state=CaseState.AWAITING_APPROVAL)
    world.add_case(strangers(5, DIMENSION, 5), approved=False)
    world.add_case(strangers(5, DIMENSION, 6), pack_id="another")
    search = searched(world, world.add_case(strangers(1, DIMENSION, 1)))
    assert search.expected_false_candidates is None
    assert search.expected_false_reason == "fewer_than_20_references"


def test_another_case_that_will_not_open_keeps_no_case_from_being_searched(world: World):
    world.add_faces(strangers(30, DIMENSION, 2))
    broken = world.add_case(strangers(1, DIMENSION, 3))
    for seed in range(4, 8):
        world.add_case(strangers(5, DIMENSION, seed))
    with world.database.writing() as session:
        session.get_one(Case, broken.id).wrapped_key = b"broken"
    search = searched(world, world.add_case(strangers(1, DIMENSION, 1)))
    assert len(listed(world, search)) == RANKS
    assert search.expected_false_candidates is not None


def test_a_hidden_photo_comes_back_when_it_is_shown_again(world: World):
    [face_id] = world.add_faces(strangers(1, DIMENSION, 2))
    case = world.add_case(strangers(1, DIMENSION, 1))
    with world.database.writing() as session:
        session.get_one(Photo, session.get_one(Face, face_id).photo_id).hide()
    assert face_ids(world, searched(world, case)) == []
    with world.database.writing() as session:
        session.get_one(Photo, session.get_one(Face, face_id).photo_id).finish(1, None)
    assert face_ids(world, searched(world, case)) == [face_id]


def test_an_erasure_waits_for_a_search_that_is_being_recorded_and_takes_its_candidate_too(world: World):
    child = strangers(1, DIMENSION, 1)
    [face_id] = world.add_faces(around(child, 0.9, 2))
    case = world.add_case(child)
    with world.database.reading() as session:
        findings = look_up(session, world.keyring, world.gallery, case, RAW, DrawnPack.info.quality)
        photo_id = session.get_one(Face, face_id).photo_id

    def erase() -> None:
        with world.database.writing() as session:
            destroy_photo(session, session.get_one(Photo, photo_id), keep_away=True)

    with ThreadPoolExecutor(1) as threads:
        with world.database.writing() as session:
            search = record_search(session, session.get_one(Case, case.id), findings, world.worker.id, "test")
            erasure = threads.submit(erase)
            with pytest.raises(TimeoutError):
                erasure.result(timeout=0.3)
        erasure.result(timeout=20)
    [(_, candidate)] = listed(world, search)
    assert (candidate.state, candidate.face_id) == (CandidateState.WITHDRAWN, None)
