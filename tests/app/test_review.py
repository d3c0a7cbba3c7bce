"""A reviewer's desk: two face crops, one locked answer, and nothing else."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.schemas.review import AnswerIn
from app.services.cases import close_case
from app.services.review import answer
from indexer.erasure import destroy_photo
from indexer.images import BLANK_GREY
from indexer.withdrawal import withdraw
from models.actor import Actor
from models.candidate import CandidateState
from models.link import LinkReason
from models.records import (
    Assignment,
    Candidate,
    Face,
    FaceLink,
    Photo,
    Receipt,
    Reference,
    Review,
    Search,
    SearchResult,
)
from models.session import Database
from tests.app.conftest import AccountClient, Service
from tests.app.desk import GREEN, RED, Desk, at_once, pixels_of, refusal, while_uncommitted
from tests.indexer.worlds import PACK_ID, World

FEATURES = {"face_outline": 1, "ears": 2, "marks": -2}


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def url(assignment_id: str, end: str = "") -> str:
    return f"/v1/review/assignments/{assignment_id}{end}"


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_the_street_face_is_number_0_and_the_references_follow_as_approved(desk: Desk):
    desk.add_reference(desk.case_id, age_years=3.0)  # undated, and nobody entered a date of birth
    photo_id = desk.add_photo(taken_at=datetime(2026, 3, 1, tzinfo=UTC))
    desk.add_candidate(photo_id)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()
    assert held["faces"] == [
        {"number": 0, "side": "street", "street_about_years_after": None},
        {"number": 1, "side": "reference", "street_about_years_after": 7},
        {"number": 2, "side": "reference", "street_about_years_after": None},
    ]
    assert set(held) == {"id", "state", "lapses_at", "faces", "truth"}
    assert reviewer.get(url(held["id"])).json() == held


def test_years_come_from_the_age_when_only_that_is_known(desk: Desk):
    case_id = desk.open_case(birth_date="2016-01-01")
    with desk.service.database.writing() as session:
        reference = session.scalars(select(Reference).where(Reference.case_id == UUID(case_id))).one()
        reference.date_it(None, 5.0)
    desk.add_candidate(desk.add_photo(camera={"taken_at": "2026-02-01T10:00:00"}), case_id)
    assert desk.take(desk.reviewer()).json()["faces"][1]["street_about_years_after"] == 5


def linked_pair(desk: Desk) -> tuple[UUID, int, int]:
    """A candidate whose street face is linked to that of another photo."""
    candidate_id = desk.add_candidate(desk.add_photo())
    other_photo = desk.add_photo()

    def link(session: Session) -> tuple[int, int]:
        own = session.get_one(Candidate, candidate_id).face_id
        other = session.scalars(select(Face.id).where(Face.photo_id == other_photo, Face.number == 0)).one()
        session.add(FaceLink(face_id=own, other_id=other, reason=LinkReason.ALIKE, score=0.9))
        return own, other

    return candidate_id, *desk.writing(link)


def test_other_photos_of_the_same_street_child_are_shown_beside(desk: Desk):
    linked_pair(desk)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()
    assert held["faces"][-1] == {"number": 500, "side": "street", "street_about_years_after": None}
    assert reviewer.get(url(held["id"], "/faces/500")).headers["content-type"] == "image/jpeg"
    assert desk.acts("assignment.look")[-1][2] == "face 500"
    assert reviewer.get(url(held["id"], "/faces/501")).status_code == 404


def test_a_linked_face_whose_photo_was_withdrawn_is_not_shown(desk: Desk):
    _, _, other = linked_pair(desk)
    desk.writing(lambda session: session.get_one(Photo, session.get_one(Face, other).photo_id).hide())
    held = desk.take(desk.reviewer()).json()
    assert [face["number"] for face in held["faces"]] == [0, 1]


def test_an_answer_may_tell_linked_faces_apart(desk: Desk):
    candidate_id, own, other = linked_pair(desk)
    reviewer = desk.reviewer()
    assignment_id = desk.assign(reviewer, candidate_id)
    wrong = desk.say(reviewer, assignment_id, answer=1, other_child=[1])
    assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")
    assert desk.say(reviewer, assignment_id, answer=1, other_child=[500]).status_code == 200
    link = desk.reading(lambda session: session.get_one(FaceLink, (own, other)))
    assert link.undone_at is not None
    assert desk.acts("link.undo")
    second = desk.reviewer()
    held = second.get(url(desk.assign(second, candidate_id))).json()
    assert [face["number"] for face in held["faces"]] == [0, 1]


NO_YEARS = [
    {},  # nobody said when: the day of the upload tells nothing
    {"taken_at": datetime(2016, 3, 1, tzinfo=UTC)},  # three years before the reference: one of the two is wrong
]


@pytest.mark.parametrize("said", NO_YEARS)
def test_years_that_are_not_known_are_not_made_up(desk: Desk, said: dict):
    desk.add_candidate(desk.add_photo(**said))
    assert [face["street_about_years_after"] for face in desk.take(desk.reviewer()).json()["faces"]] == [None, None]


def test_a_photo_of_the_references_own_year_is_about_no_year_after_it(desk: Desk):
    desk.add_candidate(desk.add_photo(taken_at=datetime(2019, 5, 1, tzinfo=UTC)))
    assert desk.take(desk.reviewer()).json()["faces"][1]["street_about_years_after"] == 0


def test_a_reference_approved_meanwhile_moves_no_number(desk: Desk):
    """Else two references of one child are taken for the pair."""
    waiting = desk.add_reference(desk.case_id, approved=False)
    with desk.service.database.writing() as session:
        session.get_one(Reference, waiting).added_at = datetime(2020, 1, 1, tzinfo=UTC)
    desk.add_candidate(desk.add_photo(taken_at=datetime(2026, 3, 1, tzinfo=UTC)))
    reviewer = desk.reviewer()
    before = desk.take(reviewer).json()
    assert (
        desk.supervisor.post(f"/v1/cases/{desk.case_id}/references/{waiting}/approve", json={"face": 0}).status_code
        == 200
    )
    after = reviewer.get(url(before["id"])).json()
    assert after["faces"][:2] == before["faces"]
    assert [face["street_about_years_after"] for face in after["faces"]] == [None, 7, None]
    assert [face["side"] for face in after["faces"]] == ["street", "reference", "reference"]


def test_a_case_that_lost_its_references_waits_for_one(desk: Desk):
    [reference] = [UUID(each["id"]) for each in references(desk)]
    [candidate] = desk.add_candidates(1)
    assert desk.worker.delete(f"/v1/cases/{desk.case_id}/references/{reference}").status_code == 204
    assert refusal(desk.take(desk.reviewer())) == (404, "nothing_to_review")
    desk.add_reference(desk.case_id)
    assert desk.taken(desk.reviewer()) == candidate


def references(desk: Desk) -> list[dict]:
    return desk.worker.get(f"/v1/cases/{desk.case_id}/references").json()["items"]


def test_other_faces_are_blanked_and_the_own_is_whole(desk: Desk):
    desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    for number in (0, 1):
        crop = pixels_of(reviewer.get(url(held, f"/faces/{number}"))).astype(int)
        assert crop.shape == (110, 110, 3)
        # The crop begins at 30, 30 of the picture: the own face is 30..80 in it, the other begins at 100.
        assert np.abs(crop[34:76, 34:76] - RED).max() < 12
        assert np.abs(crop[25:85, 92:] - BLANK_GREY).max() < 12
        assert not (np.abs(crop - GREEN).max(axis=2) < 60).any()


def test_a_crop_is_kept_by_no_browser_and_is_named_after_nothing(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    seen = [reviewer.get(url(desk.take(reviewer).json()["id"], "/faces/0"))]
    desk.set_state(candidate, "confirmed")
    seen.append(desk.supervisor.get(f"/v1/candidates/{candidate}/faces/0"))
    for crop in seen:
        assert crop.headers["content-type"] == "image/jpeg"
        assert crop.headers["cache-control"] == "no-store"
        assert crop.headers["x-content-type-options"] == "nosniff"
        assert crop.headers["content-disposition"] == 'inline; filename="face.jpg"'


def test_each_look_at_a_crop_is_on_record(desk: Desk):
    desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    for number in (0, 1, 0):
        reviewer.get(url(held, f"/faces/{number}"))
    me = reviewer.user.id
    assert desk.acts("assignment.look") == [(me, held, "face 0"), (me, held, "face 1"), (me, held, "face 0")]
    assert refusal(reviewer.get(url(held, "/faces/2"))) == (404, "not_found")
    for number in ("-1", "1001", "x"):
        assert refusal(reviewer.get(url(held, f"/faces/{number}"))) == (422, "request_invalid")
    assert len(desk.acts("assignment.look")) == 3


def test_without_an_audit_row_there_are_no_bytes(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    desk.set_state(concluded := desk.add_candidates(1)[0], "released")
    break_the_audit(desk.service.database)
    paths = [(reviewer, url(held, f"/faces/{number}")) for number in (0, 1)]
    paths += [(desk.supervisor, f"/v1/candidates/{concluded}/faces/{number}") for number in (0, 1, 1000)]
    for client, path in paths:
        answer = client.get(path)
        assert answer.status_code in {500, 503}
        assert answer.headers["content-type"] == "application/problem+json"
        assert b"\xff\xd8" not in answer.content
    said = desk.say(reviewer, held, answer=2)
    assert said.status_code in {500, 503}
    assert desk.answers(candidate) == []


def break_the_audit(database: Database) -> None:
    sqlite = "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'broken'); END"
    postgresql = "ALTER TABLE audit ADD CONSTRAINT broken CHECK (number < 0) NOT VALID"
    with database.writing() as session:
        session.execute(text(sqlite if session.get_bind().dialect.name == "sqlite" else postgresql))


def looks_at_everything(desk: Desk, reviewer: AccountClient, held: str) -> list[httpx.Response]:
    released = desk.add_candidates(1)[0]
    desk.set_state(released, "released")
    return [
        reviewer.get(url(held, "/faces/0")),
        desk.supervisor.get(f"/v1/candidates/{released}/faces/1"),
        desk.supervisor.get(f"/v1/candidates/{released}/faces/1000"),
    ]


def test_a_crop_is_made_ready_before_anybody_has_to_wait_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    get = desk.context.store.get
    written: list[str] = []

    def slow_get(name: str) -> bytes:
        with ThreadPoolExecutor(1) as other:  # a writer comes meanwhile, and is let through
            other.submit(desk.writing, lambda session: session.execute(text("SELECT 1"))).result(timeout=5)
        written.append(name)
        return get(name)

    monkeypatch.setattr(desk.context.store, "get", slow_get)
    assert [answer.status_code for answer in looks_at_everything(desk, reviewer, held)] == [200] * 3
    assert len(written) == 3


def test_what_changed_while_it_was_made_ready_is_not_served(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    [candidate_id] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    other_photo = desk.add_photo()
    get = desk.context.store.get

    def get_and_change(name: str) -> bytes:
        def change(session: Session) -> None:
            face = session.scalars(select(Face).where(Face.photo_id == other_photo, Face.number == 0)).one()
            session.get_one(Candidate, candidate_id).face_id = face.id

        desk.writing(change)
        return get(name)

    monkeypatch.setattr(desk.context.store, "get", get_and_change)
    assert refusal(reviewer.get(url(held, "/faces/0"))) == (409, "changed_meanwhile")
    assert desk.acts("assignment.look") == []


def test_a_closed_assignment_shows_no_face(desk: Desk):
    desk.add_candidates(2)
    answering, lapsing, knowing = (desk.reviewer() for _ in range(3))
    held = [desk.take(each).json()["id"] for each in (answering, lapsing, knowing)]
    desk.say(answering, held[0], answer=0)
    desk.lapse(held[1])
    desk.say(knowing, held[2], know_child=True)
    states = "answered", "lapsed", "knows_child"
    codes = "already_answered", "wrong_state", "wrong_state"
    for reviewer, assignment_id, state, code in zip((answering, lapsing, knowing), held, states, codes, strict=True):
        seen = reviewer.get(url(assignment_id)).json()
        assert (seen["state"], seen["faces"]) == (state, [])
        for number in (0, 1):
            assert refusal(reviewer.get(url(assignment_id, f"/faces/{number}"))) == (409, code)
    assert desk.acts("assignment.look") == []


def test_when_the_photo_is_erased_its_reviewer_gets_a_clear_no(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    photo_id = desk.photo_of(candidate)
    desk.writing(lambda session: destroy_photo(session, session.get_one(Photo, photo_id), keep_away=True))
    seen = reviewer.get(url(held)).json()
    assert (seen["state"], seen["faces"]) == ("lapsed", [])
    assert refusal(reviewer.get(url(held, "/faces/0"))) == (409, "wrong_state")
    assert refusal(desk.say(reviewer, held, answer=2)) == (409, "wrong_state")
    assert refusal(desk.take(reviewer)) == (404, "nothing_to_review")


def test_a_photo_its_volunteer_took_back_is_taken_from_the_desk(desk: Desk):
    [candidate, other] = desk.add_candidates(2)
    desk.answered(candidate, 2)
    reviewer = desk.reviewer()
    held, photo_id = desk.assign(reviewer, candidate), desk.photo_of(candidate)

    def take_back(session) -> None:
        receipt = session.scalars(select(Receipt).where(Receipt.photo_id == photo_id)).one()
        withdraw(session, Actor(desk.volunteer, "test"), receipt)

    desk.writing(take_back)
    assert refusal(reviewer.get(url(held, "/faces/0"))) == (409, "wrong_state")
    assert refusal(desk.say(reviewer, held, answer=2)) == (409, "wrong_state")
    assert (desk.answers(candidate), desk.state(candidate)) == ([2], CandidateState.IN_REVIEW)
    assert desk.taken(reviewer) == other


def test_a_closed_case_leaves_the_desk_empty(desk: Desk):
    candidates = desk.add_candidates(3)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    desk.answered(desk.candidate_of(held), 2)
    assert desk.worker.post(f"/v1/cases/{desk.case_id}/close", json={"reason": "Found"}).status_code == 200
    assert {desk.state(each) for each in candidates} == {CandidateState.WITHDRAWN}
    assert refusal(reviewer.get(url(held, "/faces/0"))) == (409, "wrong_state")
    assert refusal(desk.say(reviewer, held, answer=2)) == (409, "wrong_state")
    assert refusal(desk.take(reviewer)) == (404, "nothing_to_review")
    assert desk.count(Assignment, Assignment.state == "open") == 0


# --- what is never shown ---------------------------------------------------------------------------------------------


def test_nothing_a_reviewer_gets_tells_of_the_case_the_place_or_the_photo(desk: Desk):
    case_id = desk.open_case(child_name="MARKER-Ana", birth_date="2016-01-01")
    camera = {"taken_at": "2026-05-06T07:08:09", "latitude": 48.123456, "longitude": 11.654321}
    said = {"place": "MARKER-place", "note": "MARKER-note", "source_url": "https://marker.example/1"}
    moment = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    photo_id = desk.add_photo(camera, taken_at=moment, latitude=48.123456, longitude=11.654321, **said)
    candidate = desk.add_candidate(photo_id, case_id)
    scored(desk, case_id, candidate, 0.87654)
    desk.answered(candidate, -2)  # another reviewer, who commented
    reviewer = desk.reviewer()
    got = everything(desk, reviewer, desk.take(reviewer))
    assert len(got) == 12
    telling = secrets_of(desk, case_id, candidate, photo_id)
    for each, secret in itertools.product(got, telling):
        headers = "\n".join(f"{name}: {value}" for name, value in each.headers.items() if name != "date")
        assert secret.lower().encode() not in headers.encode().lower() + each.content.lower(), (each.url, secret)


def scored(desk: Desk, case_id: str, candidate: UUID, score: float) -> None:
    World(desk.service.database, desk.context.keyring)

    def add(session) -> None:
        search = Search(
            case_id=UUID(case_id), asked_by=desk.worker.user.id, reason="MARKER-search", pack_id=PACK_ID, gallery_size=9
        )
        session.add(search)
        session.flush()
        scores = {"score": score, "raw_score": score}
        session.add(SearchResult(search_id=search.id, rank=7, candidate_id=candidate, flags=["MARKER-f"], **scores))

    desk.writing(add)


def everything(desk: Desk, reviewer: httpx.Client, taken: httpx.Response) -> list[httpx.Response]:
    """Every answer that a reviewer can get out of an assignment, refusals too."""
    held = taken.json()["id"]
    assert {face["number"] for face in taken.json()["faces"]} == {0, 1}
    got = [taken, reviewer.get(url(held))]
    got += [reviewer.get(url(held, f"/faces/{number}")) for number in (0, 1, 2, 1000, 2000)]
    got += [desk.say(reviewer, held, answer=7), desk.say(reviewer, held, answer=2, features=FEATURES)]
    got += [desk.say(reviewer, held, answer=2), reviewer.get(url(held)), desk.take(reviewer)]
    return got


def secrets_of(desk: Desk, case_id: str, candidate: UUID, photo_id: UUID) -> list[str]:
    def read(session) -> list[str]:
        faces = session.scalars(select(Face).where(Face.photo_id == photo_id)).all()
        others = session.scalars(select(Assignment).where(Assignment.candidate_id == candidate)).all()
        return (
            [f'"{face.id}"' for face in faces]
            + [face.crop_blob_name for face in faces]
            + [str(each.reviewer_id) for each in others]
        )

    number = desk.worker.get(f"/v1/cases/{case_id}").json()["number"]
    ids = [case_id, str(candidate), str(photo_id), str(desk.volunteer.id), desk.volunteer.name, number]
    words = ["marker", "87654", "0.87", "0.88", "48.12", "11.65", "2026-05-06", "07:08", "comment of", "rank", "score"]
    return ids + words + desk.reading(read)


def test_another_reviewers_assignment_is_as_absent_as_none(desk: Desk):
    desk.add_candidates(1)
    held = desk.take(desk.reviewer()).json()["id"]
    stranger = desk.reviewer()
    for method, end in (("GET", ""), ("GET", "/faces/0"), ("POST", "/answer")):
        body = {"answer": 1} if method == "POST" else None
        foreign, absent = (stranger.request(method, url(each, end), json=body) for each in (held, str(uuid4())))
        assert refusal(foreign) == (404, "not_found")
        assert foreign.content == absent.content
        assert comparable(foreign) == comparable(absent)
    assert desk.count(Review) == 0


def comparable(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}


def test_a_reviewer_has_no_way_to_a_photo_a_case_or_a_candidate(desk: Desk):
    [candidate] = desk.add_candidates(1)
    desk.set_state(candidate, "released")
    reviewer = desk.reviewer()
    for path in (
        f"/v1/photos/{desk.photo_of(candidate)}",
        "/v1/photos",
        f"/v1/cases/{desk.case_id}",
        "/v1/cases",
        f"/v1/cases/{desk.case_id}/references",
        f"/v1/cases/{desk.case_id}/candidates",
        "/v1/candidates?state=released",
        f"/v1/candidates/{candidate}/faces/0",
        f"/v1/candidates/{candidate}/faces/1000",
        "/v1/erasures",
        "/v1/audit",
    ):
        assert refusal(reviewer.get(path)) == (403, "not_allowed"), path


# --- the answer ------------------------------------------------------------------------------------------------------


def test_an_answer_is_locked_with_its_ratings(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    said = desk.say(reviewer, held, answer=-2, features=FEATURES, comment="  The ears differ.  ")
    assert (said.status_code, said.json()["state"], said.json()["faces"]) == (200, "answered", [])
    with desk.service.database.reading() as session:
        review = session.scalars(select(Review)).one()
    assert (review.answer, review.features, review.comment) == (-2, FEATURES, "The ears differ.")
    assert (review.candidate_id, review.reviewer_id) == (candidate, reviewer.user.id)
    assert desk.acts("review.answer") == [(reviewer.user.id, held, "")]
    assert desk.state(candidate) is CandidateState.IN_REVIEW


def test_a_second_answer_is_refused_and_changes_nothing(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    desk.say(reviewer, held, answer=2)
    for body in ({"answer": -2}, {"answer": 2}, {"cannot_say": True}, {"know_child": True}):
        assert refusal(desk.say(reviewer, held, **body)) == (409, "already_answered")
    assert desk.answers(candidate) == [2]
    assert len(desk.acts("review.answer")) == 1


def test_an_answer_sent_again_with_its_key_is_the_same_answer(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    once = {"Idempotency-Key": "answer-0001"}
    first, again = (reviewer.post(url(held, "/answer"), json={"answer": 1}, headers=once) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content) == (200, first.content)
    other = reviewer.post(url(held, "/answer"), json={"answer": 2}, headers=once)
    assert refusal(other) == (409, "idempotency_key_reused")
    assert desk.answers(candidate) == [1]


WRONG = [
    *({"answer": answer} for answer in (-3, 3, 1.5, 1.0, True, "2", [1], {})),
    {},
    {"answer": None},
    {"answer": 1, "cannot_say": True},
    {"answer": 0, "know_child": True},
    {"cannot_say": True, "know_child": True},
    {"cannot_say": False},
    {"know_child": True, "comment": "She lives next door."},
    {"know_child": True, "features": {"ears": 1}},
    {"answer": 1, "features": {"aura": 1}},
    {"answer": 1, "features": {"ears": 3}},
    {"answer": 1, "features": {"ears": True}},
    {"answer": 1, "comment": "x" * 2001},
    {"answer": 1, "comment": "a\0b"},
    {"answer": 1, "candidate_id": str(uuid4())},
]


def test_what_is_no_answer_locks_nothing(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    for body in WRONG:
        assert refusal(desk.say(reviewer, held, **body)) == (422, "request_invalid"), body
    assert desk.answers(candidate) == []
    assert desk.say(reviewer, held, answer=0).status_code == 200


SETTLED = [
    ((2, 1), "confirmed", ["candidate_confirmed"]),
    ((1, 1), "conflict", ["candidate_conflict"]),
    ((2, -2), "conflict", ["candidate_conflict"]),
    ((-1, -2), "rejected", []),
]


def test_two_answers_at_the_same_instant_settle_once(desk: Desk):
    for answers, state, alerts in SETTLED:
        [candidate] = desk.add_candidates(1)
        reviewers = [desk.reviewer() for _ in answers]
        held = [desk.assign(each, candidate) for each in reviewers]
        saying = zip(reviewers, held, answers, strict=True)
        said = at_once(*(partial(desk.say, each, mine, answer=answer) for each, mine, answer in saying))
        assert [each.status_code for each in said] == [200, 200]
        assert (desk.state(candidate), desk.alerts(candidate)) == (state, alerts)
        assert sorted(desk.answers(candidate)) == sorted(answers)


def test_one_reviewer_who_answers_twice_at_the_same_instant_is_counted_once(desk: Desk):
    for _ in range(3):
        [candidate] = desk.add_candidates(1)
        reviewer = desk.reviewer()
        held = desk.assign(reviewer, candidate)
        clients = [desk.service.client(reviewer.token) for _ in range(2)]
        said = at_once(*(partial(desk.say, each, held, answer=2) for each in clients))
        assert sorted(each.status_code for each in said) == [200, 409]
        assert desk.answers(candidate) == [2]
        assert desk.state(candidate) is CandidateState.IN_REVIEW


def test_an_answer_that_waited_for_the_closing_of_its_case_is_refused(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    actor, case_id = Actor(desk.worker.user, "test"), UUID(desk.case_id)
    said = while_uncommitted(
        desk.service.database,
        lambda session: close_case(session, actor, case_id, "Found at home"),
        partial(desk.say, reviewer, held, answer=2),
    )
    assert refusal(said) == (409, "wrong_state")
    assert (desk.answers(candidate), desk.state(candidate)) == ([], CandidateState.WITHDRAWN)


def test_a_closing_that_waited_for_an_answer_keeps_it(desk: Desk):
    [candidate] = desk.add_candidates(1)
    desk.answered(candidate, 2)
    reviewer = desk.reviewer()
    held = UUID(desk.take(reviewer).json()["id"])
    closed = while_uncommitted(
        desk.service.database,
        lambda session: answer(session, desk.context, Actor(reviewer.user, "test"), held, AnswerIn(answer=2)),
        partial(desk.worker.post, f"/v1/cases/{desk.case_id}/close", json={"reason": "Found at home"}),
    )
    assert closed.status_code == 200, closed.text
    assert (desk.answers(candidate), desk.state(candidate)) == ([2, 2], CandidateState.CONFIRMED)


def test_who_cannot_say_answers_nought_and_two_never_agree_on_it(desk: Desk):
    for other in (2, 0, -2):
        [candidate] = desk.add_candidates(1)
        desk.answered(candidate, other)
        reviewer = desk.reviewer()
        assert desk.say(reviewer, desk.assign(reviewer, candidate), cannot_say=True).status_code == 200
        assert desk.answers(candidate) == [other, 0]
        assert desk.state(candidate) is CandidateState.CONFLICT


def test_to_know_the_child_is_on_record_and_no_answer(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    desk.say(reviewer, held, know_child=True)
    assert desk.acts("review.recuse") == [(reviewer.user.id, held, "")]
    assert desk.answers(candidate) == []
    assert refusal(desk.say(reviewer, held, answer=2)) == (409, "wrong_state")
    desk.answered(candidate, 2, 2)
    assert desk.state(candidate) is CandidateState.CONFIRMED
