"""Standing search, both ways, on both databases: nothing is lost, nothing comes twice, nobody is told too early."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import func, select

from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.gallery.lazy import LazyGallery
from indexer.linking.keeper import LinkKeeper
from indexer.linking.undoing import undo_links
from indexer.sealed_records import case_key
from indexer.settings import IndexerSettings
from indexer.standing import keeper as keeping
from indexer.standing.keeper import StandingKeeper, standing_cursor
from indexer.storage import LocalStore
from models.alert import AlertKind
from models.candidate import CandidateState, SearchKind
from models.case import CaseState
from models.link import LinkReason
from models.records import (
    Alert,
    Candidate,
    Case,
    Cursor,
    Face,
    FaceLink,
    Photo,
    Reference,
    Search,
    SearchedReference,
    SearchResult,
    StandingThreshold,
)
from models.session import Database
from models.types import now
from tests.indexer.gallery.synthetic import around, strangers
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack, World


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World.at(database, tmp_path)


@pytest.fixture
def context(world: World, settings: IndexerSettings, decode_pool: DecodePool) -> Context:
    made = Context(settings, world.keyring, world.database, LocalStore(settings.blobs), decode_pool)
    made.__dict__["_pack"] = DrawnPack()
    return made


class Standing:
    """A worker's keepers for links and standing search."""

    def __init__(self, context: Context) -> None:
        gallery = LazyGallery(context)
        self.links, self.standing = LinkKeeper(context, gallery), StandingKeeper(context, gallery)

    def run(self) -> None:
        self.standing._look_at = 0.0
        while self.links.step() or self.standing.step():
            pass


@pytest.fixture
def standing(context: Context) -> Standing:
    made = Standing(context)
    made.run()  # from here on faces are new
    return made


def candidates(world: World, case: Case | None = None) -> list[Candidate]:
    with world.database.reading() as session:
        query = select(Candidate).order_by(Candidate.found_at, Candidate.face_id)
        return list(session.scalars(query if case is None else query.where(Candidate.case_id == case.id)))


def faces_of(world: World, case: Case | None = None) -> list[int | None]:
    return [each.face_id for each in candidates(world, case)]


def count(world: World, record: type, *where: object) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(record).where(*where)) or 0


def others(world: World, cases: int = 21, seed: int = 500) -> list[Case]:
    """Cases enough for a threshold: one reference each, none of a child in the gallery."""
    return [world.add_case(strangers(1, DIMENSION, seed + each)) for each in range(cases)]


def reject(world: World, candidate_id: UUID) -> None:
    with world.database.writing() as session:
        candidate = session.get_one(Candidate, candidate_id)
        candidate.start_review()
        candidate.settle(-2, -1)


def add_reference(world: World, case: Case, template: np.ndarray) -> UUID:
    with world.database.writing() as session:
        key = case_key(world.keyring, session.get_one(Case, case.id))
        return world.add_reference(session, case, key, template).id


def test_a_new_face_of_the_child_becomes_a_candidate_and_strangers_do_not(world: World, standing: Standing):
    world.add_faces(strangers(200, DIMENSION, 2))
    child = strangers(1, DIMENSION, 1)
    case = world.add_case(child)
    others(world)
    standing.run()
    before = set(faces_of(world, case))
    [face_id] = world.add_faces(around(child, 0.95, 3))
    world.add_faces(strangers(5, DIMENSION, 4))
    standing.run()
    assert set(faces_of(world, case)) - before == {face_id}
    with world.database.reading() as session:
        search = session.scalars(
            select(Search).join(SearchResult).join(Candidate).where(Candidate.face_id == face_id)
        ).one()
        threshold = session.get_one(StandingThreshold, PACK_ID)
    assert (search.kind, search.asked_by, search.case_id) == (SearchKind.STANDING, None, case.id)
    assert search.told_at > search.at
    assert search.threshold == pytest.approx(threshold.score, abs=0.2)
    assert search.expected_false_candidates is not None
    assert search.expected_false_candidates <= 0.1


def test_a_new_reference_is_compared_with_faces_that_were_there_before(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    [face_id] = world.add_faces(around(child, 0.95, 2))
    world.add_faces(strangers(200, DIMENSION, 3))
    others(world)
    standing.run()
    case = world.add_case(child)
    standing.run()
    assert faces_of(world, case) == [face_id]


def test_nothing_is_compared_twice(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    world.add_case(child)
    others(world)
    world.add_faces(around(child, 0.95, 2))
    world.add_faces(strangers(30, DIMENSION, 3))
    standing.run()
    found, searches, alerts = faces_of(world), count(world, Search), count(world, Alert)
    assert found
    Standing(standing.standing._context).run()  # another worker, which remembers nothing
    assert (faces_of(world), count(world, Search), count(world, Alert)) == (found, searches, alerts)


@pytest.mark.parametrize("fault", ["record_found", "mark_searched"])
def test_what_breaks_between_comparing_and_committing_loses_nothing_and_doubles_nothing(
    world: World, standing: Standing, monkeypatch: pytest.MonkeyPatch, fault: str
):
    child, old = strangers(1, DIMENSION, 1), strangers(1, DIMENSION, 9)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    [seen] = world.add_faces(around(old, 0.95, 4))
    case = world.add_case(child)
    standing.run()
    [came] = world.add_faces(around(child, 0.95, 2))
    late = world.add_case(old)
    standing.links.step()
    real, broken = getattr(keeping, fault), []

    def break_once(*given: object) -> object:
        made = real(*given)
        if not broken:
            broken.append(True)
            raise RuntimeError("killed")
        return made

    monkeypatch.setattr(keeping, fault, break_once)
    before = (faces_of(world), count(world, Cursor), count(world, SearchedReference), count(world, Alert))
    standing.standing._look_at = 0.0
    with pytest.raises(RuntimeError, match="killed"):
        standing.standing.step()
    assert (faces_of(world), count(world, Cursor), count(world, SearchedReference), count(world, Alert)) == before
    standing.run()
    assert came in faces_of(world, case)
    assert faces_of(world, late) == [seen]
    assert len(set(faces_of(world, case))) == len(faces_of(world, case))


def test_of_two_workers_with_the_same_faces_one_records(world: World, context: Context, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    another = Standing(context)
    standing.links.step()
    with world.database.reading() as session:
        late = another.standing._work(session)
        found = another.standing._compare(session, late)
    standing.run()
    alerts, searches = count(world, Alert), count(world, Search)
    another.standing._record(late, found)
    assert faces_of(world, case).count(face_id) == 1
    assert (count(world, Alert), count(world, Search)) == (alerts, searches)


def test_the_cursor_follows_commits_and_skips_none(world: World, standing: Standing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "CHANGES_AT_ONCE", 2)
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    came = [world.add_faces(around(child, 0.97, seed))[0] for seed in range(20, 27)]
    standing.run()
    assert set(came) <= set(faces_of(world, case))
    assert cursor_of(world) == 107


def test_with_too_few_references_only_the_first_ranks_are_taken(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    case = world.add_case(child)
    closest = world.add_faces(around(np.repeat(child, 5, axis=0), 0.95, 2))
    world.add_faces(strangers(20, DIMENSION, 3))
    standing.run()
    with world.database.reading() as session:
        assert session.get_one(StandingThreshold, PACK_ID).score is None
    assert set(closest) <= set(faces_of(world, case))
    before = faces_of(world, case)
    world.add_faces(around(child, 0.6, 4))  # behind the five that are there
    standing.run()
    assert faces_of(world, case) == before
    [better] = world.add_faces(around(child, 0.99, 5))
    standing.run()
    assert faces_of(world, case) == [*before, better]


def test_a_case_that_is_closed_or_waits_gets_nothing_and_is_searched_when_it_is_approved(
    world: World, standing: Standing
):
    child = strangers(1, DIMENSION, 1)
    closed = world.add_case(child, state=CaseState.CLOSED)
    waiting = world.add_case(child, state=CaseState.AWAITING_APPROVAL)
    others(world)
    [face_id] = world.add_faces(around(child, 0.95, 2))
    world.add_faces(strangers(100, DIMENSION, 3))
    standing.run()
    assert faces_of(world, closed) == faces_of(world, waiting) == []
    with world.database.writing() as session:
        case = session.get_one(Case, waiting.id)
        case.state, case.approved_at = CaseState.APPROVED, now()
    standing.run()
    assert faces_of(world, waiting) == [face_id]


def test_a_case_approved_again_is_compared_with_what_came_meanwhile(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    case = world.add_case(child, approved_at=now())
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    standing.run()
    before = faces_of(world, case)
    with world.database.writing() as session:
        session.get_one(Case, case.id).await_approval_again()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    standing.run()
    assert faces_of(world, case) == before
    with world.database.writing() as session:
        again = session.get_one(Case, case.id)
        again.state, again.approved_at = CaseState.APPROVED, now()
    standing.run()
    assert faces_of(world, case) == [*before, face_id]


def test_a_case_closed_between_comparing_and_recording_gets_no_candidate(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    standing.links.step()
    with world.database.reading() as session:
        work = standing.standing._work(session)
        result = standing.standing._compare(session, work)
    assert [each.case_id for each in result.by_faces] == [case.id]
    with world.database.writing() as session:
        session.get_one(Case, case.id).close("found")
    standing.standing._record(work, result)
    assert face_id not in faces_of(world)


def test_an_erased_or_hidden_photo_is_no_candidate(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    before = faces_of(world, case)
    [face_id] = world.add_faces(around(child, 0.95, 2))
    with world.database.writing() as session:
        session.get_one(Photo, session.get_one(Face, face_id).photo_id).hide()
    standing.run()
    assert faces_of(world, case) == before


def test_a_linked_child_is_one_candidate(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    one, two = world.add_faces(around(np.repeat(child, 2, axis=0), 0.95, 2))
    with world.database.writing() as session:
        session.add(FaceLink(face_id=one, other_id=two, reason=LinkReason.ALIKE, score=0.9))
    standing.run()
    assert len({one, two} & set(faces_of(world, case))) == 1
    [three] = world.add_faces(around(child, 0.95, 7))
    with world.database.writing() as session:
        session.add(FaceLink(face_id=one, other_id=three, reason=LinkReason.ALIKE, score=0.9))
    standing.run()
    assert three not in faces_of(world, case)


def test_a_rejected_pair_returns_only_for_a_new_reference_that_speaks_louder(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(around(child, 0.8, 5))
    standing.run()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    standing.run()
    [rejected] = [each for each in candidates(world, case) if each.face_id == face_id]
    reject(world, rejected.id)
    add_reference(world, case, around(child, 0.6, 6)[0])  # of the child, and less like the face
    standing.run()
    assert state_of(world, rejected.id) == (CandidateState.REJECTED, 1)
    louder = around(child, 0.99, 7)[0]
    reference_id = add_reference(world, case, louder)
    standing.run()
    assert state_of(world, rejected.id) == (CandidateState.OPEN, 2)
    reject(world, rejected.id)
    with world.database.writing() as session:
        session.delete(session.get_one(Reference, reference_id))
    add_reference(world, case, louder)  # the same picture, removed and added again
    standing.run()
    assert state_of(world, rejected.id) == (CandidateState.REJECTED, 2)


def test_a_rejected_pair_returns_for_a_new_pack_once(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    standing.run()
    [candidate] = [each for each in candidates(world, case) if each.face_id == face_id]
    reject(world, candidate.id)
    forget_marks(world)
    standing.run()
    assert state_of(world, candidate.id) == (CandidateState.REJECTED, 1)
    with world.database.writing() as session:  # as if it had been found by another pack
        for search in session.scalars(select(Search)):
            search.pack_id = another_pack(session)
    forget_marks(world)
    standing.run()
    assert state_of(world, candidate.id) == (CandidateState.OPEN, 2)
    reject(world, candidate.id)
    forget_marks(world)
    standing.run()
    assert state_of(world, candidate.id) == (CandidateState.REJECTED, 2)


def another_pack(session) -> str:
    from models.pack import PackRecord

    if session.get(PackRecord, "another") is None:
        session.add(PackRecord(id="another", name="another", licence="", dimension=DIMENSION))
        session.flush()
    return "another"


def forget_marks(world: World) -> None:
    with world.database.writing() as session:
        for mark in session.scalars(select(SearchedReference)):
            session.delete(mark)


def state_of(world: World, candidate_id: UUID) -> tuple[CandidateState, int]:
    with world.database.reading() as session:
        candidate = session.get_one(Candidate, candidate_id)
        return candidate.state, candidate.round


def test_supervisors_are_alerted_at_once_and_the_worker_once_a_batch(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    before = count(world, Alert)
    for seed in (2, 4):
        world.add_faces(around(child, 0.95, seed))
        standing.run()
    with world.database.reading() as session:
        of_case = select(Alert).where(Alert.kind == AlertKind.CANDIDATES_FOUND, Alert.object_id == str(case.id))
        alerts = session.scalars(of_case.order_by(Alert.at)).all()
    told = {True: [each for each in alerts if each.user_id], False: [each for each in alerts if not each.user_id]}
    assert count(world, Alert) > before
    assert len(told[False]) >= 2
    assert [each.user_id for each in told[True]] == [world.worker.id]
    assert told[True][0].at > now()
    assert all(each.at <= now() for each in told[False])


def test_a_case_that_will_not_open_keeps_no_other_from_being_searched(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case, broken = world.add_case(child), world.add_case(child)
    with world.database.writing() as session:
        session.get_one(Case, broken.id).wrapped_key = b"broken"
    standing.run()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    standing.run()
    assert face_id in faces_of(world, case)
    assert faces_of(world, broken) == []


def test_a_new_reference_below_one_that_was_seen_by_those_who_rejected_is_no_evidence(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    [face_id] = world.add_faces(child)
    case = world.add_case(around(child, 0.7, 5))
    standing.run()
    [candidate] = [each for each in candidates(world, case) if each.face_id == face_id]
    add_reference(world, case, around(child, 0.95, 6)[0])  # seen by both reviewers, on record nowhere
    standing.run()
    reject(world, candidate.id)
    add_reference(world, case, around(child, 0.9, 7)[0])
    standing.run()
    assert state_of(world, candidate.id) == (CandidateState.REJECTED, 1)


def test_the_first_step_leaves_what_is_there_to_the_references_and_a_late_worker_moves_nothing_back(
    world: World, context: Context
):
    world.add_faces(strangers(30, DIMENSION, 3))
    standing, late = Standing(context), Standing(context)
    assert standing.standing.step()
    assert cursor_of(world) == 30
    standing.run()
    world.add_faces(strangers(3, DIMENSION, 4))
    standing.links.step()
    with world.database.reading() as session:
        work = late.standing._work(session)
    world.add_faces(strangers(4, DIMENSION, 5))
    standing.run()
    late.standing._record(work, keeping._Result([], [], None))
    assert cursor_of(world) == 37


def test_a_face_is_compared_only_once_it_has_been_linked(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    case = world.add_case(child)
    standing.run()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    assert not standing.standing.step()
    assert faces_of(world, case) == []
    standing.run()
    assert faces_of(world, case) == [face_id]


def cursor_of(world: World) -> int:
    with world.database.reading() as session:
        return session.get_one(Cursor, standing_cursor(PACK_ID)).number


def test_a_face_that_a_person_parted_from_a_candidate_is_looked_at_by_itself(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(child)
    standing.run()
    [one] = world.add_faces(around(child, 0.9, 2))
    standing.run()
    [two] = world.add_faces(around(child, 0.97, 7))
    with world.database.writing() as session:
        session.add(FaceLink(face_id=one, other_id=two, reason=LinkReason.ALIKE, score=0.9))
    standing.run()
    before = faces_of(world, case)
    assert one in before
    assert two not in before
    with world.database.writing() as session:
        undo_links(session, world.worker.id, one, [two])
    standing.run()
    assert faces_of(world, case) == [*before, two]


def test_two_faces_of_one_photo_are_flagged_though_they_were_found_one_after_the_other(
    world: World, standing: Standing, monkeypatch: pytest.MonkeyPatch
):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    world.add_case(child)
    standing.run()
    monkeypatch.setattr(keeping, "CHANGES_AT_ONCE", 1)
    first, second = world.add_faces(around(np.repeat(child, 2, axis=0), 0.95, 2), one_photo=True)
    standing.run()
    with world.database.reading() as session:
        found = select(Candidate.face_id, SearchResult.flags).join(
            SearchResult, SearchResult.candidate_id == Candidate.id
        )
        flags = {row.face_id: row.flags for row in session.execute(found)}
    assert (flags[first], flags[second]) == ([], ["same_photo"])


def test_a_reference_that_is_louder_by_rounding_alone_is_no_evidence(world: World, standing: Standing):
    child = strangers(1, DIMENSION, 1)
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    case = world.add_case(around(child, 0.8, 5))
    standing.run()
    [face_id] = world.add_faces(around(child, 0.95, 2))
    standing.run()
    [rejected] = [each for each in candidates(world, case) if each.face_id == face_id]
    reject(world, rejected.id)
    with world.database.writing() as session:  # as if the scores of that day had been summed in another order
        for result in session.scalars(select(SearchResult).where(SearchResult.candidate_id == rejected.id)):
            result.raw_score = float(np.nextafter(result.raw_score, -1))
        session.delete(session.scalars(select(Reference).where(Reference.case_id == case.id)).one())
    add_reference(world, case, around(child, 0.8, 5)[0])  # the same picture, removed and added again
    standing.run()
    assert state_of(world, rejected.id) == (CandidateState.REJECTED, 1)


def test_a_face_that_comes_before_the_cursor_stands_meets_the_references_that_another_worker_compared(
    world: World, context: Context, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keeping, "REFERENCES_AT_ONCE", 1)
    child = strangers(1, DIMENSION, 1)
    case = world.add_case(child)
    late, early = Standing(context), Standing(context)
    with world.database.reading() as session:
        work = late.standing._work(session)
        result = late.standing._compare(session, work)
    world.add_case(strangers(1, DIMENSION, 9))
    with world.database.writing() as session:  # approved earlier, and committed later
        newest = session.scalars(select(Reference).where(Reference.case_id != case.id)).one()
        newest.approved_at = now() - timedelta(hours=1)
    [face_id] = world.add_faces(around(child, 0.97, 2))
    early.standing.step()
    late.standing._record(work, result)
    early.run()
    assert face_id in faces_of(world, case)


def test_a_threshold_that_is_counted_anew_says_when(world: World, standing: Standing):
    others(world)
    world.add_faces(strangers(100, DIMENSION, 3))
    standing.run()
    before = threshold_of(world)
    world.add_faces(strangers(100, DIMENSION, 4))
    standing.run()
    after = threshold_of(world)
    assert (before.faces, after.faces) == (100, 200)
    assert after.counted_at > before.counted_at


def threshold_of(world: World) -> StandingThreshold:
    with world.database.reading() as session:
        return session.get_one(StandingThreshold, PACK_ID)
