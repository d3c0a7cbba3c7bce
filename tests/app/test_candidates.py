"""Supervisors: what they see of a candidate, how they settle a conflict, and what became of it."""

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models.candidate import CandidateState
from models.link import LinkReason
from models.records import Adjudication, Candidate, Face, FaceLink, Outcome, Release, User
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.desk import GREEN, HEIGHT, WIDTH, Desk, at_once, pixels_of, refusal, size_of

SEEN = ("conflict", "confirmed", "released", "reunited", "elsewhere", "not_the_child")
REASON = {"reason": "The left ear agrees in every part."}


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def listed(client: AccountClient, state: str) -> list[dict]:
    answer = client.get("/v1/candidates", params={"state": state})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_supervisor_sees_only_what_two_reviewers_did_not_reject(desk: Desk):
    ids = {}
    for state in CandidateState:
        [ids[state.value]] = desk.add_candidates(1)
        desk.set_state(ids[state.value], state)
    for state in SEEN:
        assert [each["id"] for each in listed(desk.supervisor, state)] == [str(ids[state])]
    for state in set(ids) - set(SEEN):
        refused = desk.supervisor.get("/v1/candidates", params={"state": state})
        assert refusal(refused) == (422, "request_invalid")
        hidden = desk.supervisor.get(f"/v1/candidates/{ids[state]}/faces/0")
        absent = desk.supervisor.get(f"/v1/candidates/{uuid4()}/faces/0")
        assert (hidden.status_code, hidden.content) == (404, absent.content), state
        for change, body in CHANGES.items():
            assert refusal(desk.supervisor.post(f"/v1/candidates/{ids[state]}/{change}", json=body)) == (
                404,
                "not_found",
            )
    assert refusal(desk.supervisor.get("/v1/candidates")) == (422, "request_invalid")


CHANGES = {
    "adjudicate": {"same": True, **REASON},
    "release": {"authority_id": str(uuid4()), **REASON},
    "agree": {"authority_id": str(uuid4())},
    "outcome": {"outcome": "reunited", "established_by": "DNA"},
}


def test_nobody_but_a_supervisor_sees_or_changes_a_candidate(desk: Desk):
    [candidate] = desk.add_candidates(1)
    desk.answered(candidate, 2, 2)
    for role in set(Role) - {Role.SUPERVISOR}:
        client = desk.service.sign_in(role)
        asked = [client.get("/v1/candidates?state=confirmed"), client.get(f"/v1/candidates/{candidate}/faces/0")]
        asked += [client.post(f"/v1/candidates/{candidate}/{change}", json=body) for change, body in CHANGES.items()]
        assert {refusal(each) for each in asked} == {(403, "not_allowed")}, role
    assert desk.state(candidate) is CandidateState.CONFIRMED


def test_a_conflict_shows_both_answers_and_nobody_behind_them(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewers = desk.answered(candidate, 2, -2)
    [told] = listed(desk.supervisor, "conflict")
    answers = told.pop("answers")
    assert sorted(answers, key=lambda each: each["answer"]) == [
        {"answer": -2, "features": {}, "comment": "comment of -2"},
        {"answer": 2, "features": {}, "comment": "comment of 2"},
    ]
    number = desk.worker.get(f"/v1/cases/{desk.case_id}").json()["number"]
    assert told == {
        "id": str(candidate),
        "case_id": desk.case_id,
        "case_number": number,
        "state": "conflict",
        "decided_at": told["decided_at"],
        "faces": [
            {"number": 0, "side": "street", "street_about_years_after": None},
            {"number": 1, "side": "reference", "street_about_years_after": None},
        ],
        "release": None,
    }
    text = desk.supervisor.get("/v1/candidates?state=conflict").text
    for reviewer in reviewers:
        assert str(reviewer.user.id) not in text
        assert reviewer.user.name not in text


def test_the_order_of_answers_does_not_tell_who_came_first(desk: Desk):
    for candidate in desk.add_candidates(12):
        desk.answered(candidate, 2, -2)
    told = [[each["answer"] for each in one["answers"]] for one in listed(desk.supervisor, "conflict")]
    assert {tuple(answers) for answers in told} == {(2, -2), (-2, 2)}
    assert [[each["answer"] for each in one["answers"]] for one in listed(desk.supervisor, "conflict")] == told


def test_a_supervisor_compares_the_faces_and_every_look_is_on_record(desk: Desk):
    [candidate] = desk.add_candidates(1)
    desk.answered(candidate, 2, -2)
    for number in (0, 1):
        crop = pixels_of(desk.supervisor.get(f"/v1/candidates/{candidate}/faces/{number}")).astype(int)
        assert not (np.abs(crop - GREEN).max(axis=2) < 60).any()
    for number in (2, 1000):
        refused = desk.supervisor.get(f"/v1/candidates/{candidate}/faces/{number}")
        assert refusal(refused) == (404, "not_found")
    me = desk.supervisor.user.id
    assert desk.acts("candidate.look") == [(me, str(candidate), "face 0"), (me, str(candidate), "face 1")]


def test_the_whole_photo_is_shown_after_a_release_only(desk: Desk):
    [candidate] = desk.add_candidates(1)
    photo = f"/v1/candidates/{candidate}/faces/1000"
    for before in ("conflict", "confirmed"):
        desk.set_state(candidate, before)
        assert refusal(desk.supervisor.get(photo)) == (404, "not_found")
    for after in ("released", "reunited", "elsewhere", "not_the_child"):
        desk.set_state(candidate, after)
        assert size_of(desk.supervisor.get(photo).content) == (WIDTH, HEIGHT)
    assert desk.acts("candidate.look") == [(desk.supervisor.user.id, str(candidate), "photo")] * 4


@pytest.mark.parametrize(
    ("same", "state", "alerts"),
    [(True, "confirmed", ["candidate_conflict", "candidate_confirmed"]), (False, "rejected", ["candidate_conflict"])],
)
def test_a_conflict_is_adjudicated_once_with_a_reason(desk: Desk, same: bool, state: str, alerts: list[str]):
    [candidate] = desk.add_candidates(1)
    desk.answered(candidate, 2, -2)
    url = f"/v1/candidates/{candidate}/adjudicate"
    for body in ({"same": same}, {"same": same, "reason": " "}, REASON, {"same": None, **REASON}):
        assert refusal(desk.supervisor.post(url, json=body)) == (422, "request_invalid")
    decided = desk.supervisor.post(url, json={"same": same, **REASON})
    assert (decided.status_code, decided.json()["state"]) == (200, state)
    again = desk.supervisor.post(url, json={"same": not same, **REASON})
    assert again.status_code == (409 if same else 404)
    assert (desk.state(candidate), desk.alerts(candidate)) == (state, alerts)
    assert desk.acts("candidate.adjudicate") == [(desk.supervisor.user.id, str(candidate), REASON["reason"])]
    [made] = desk.reading(lambda session: session.query(Adjudication).all())
    assert (made.same, made.reason, made.by) == (same, REASON["reason"], desk.supervisor.user.id)


def test_only_a_conflict_is_adjudicated(desk: Desk):
    [candidate] = desk.add_candidates(1)
    for state in set(SEEN) - {"conflict"}:
        desk.set_state(candidate, state)
        answer = desk.supervisor.post(f"/v1/candidates/{candidate}/adjudicate", json=CHANGES["adjudicate"])
        assert refusal(answer) == (409, "wrong_state")
        assert (desk.state(candidate), desk.count(Adjudication)) == (state, 0)


def test_nobody_adjudicates_what_they_reviewed(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer, _ = desk.answered(candidate, 2, -2)

    def become_supervisor(session) -> None:
        session.get_one(User, reviewer.user.id).role = Role.SUPERVISOR

    desk.writing(become_supervisor)
    answer = reviewer.post(f"/v1/candidates/{candidate}/adjudicate", json=CHANGES["adjudicate"])
    assert refusal(answer) == (403, "same_person")
    assert desk.state(candidate) is CandidateState.CONFLICT


def test_two_supervisors_who_adjudicate_at_once_decide_once(desk: Desk):
    for candidate in desk.add_candidates(3):
        desk.answered(candidate, 2, -2)
        url = f"/v1/candidates/{candidate}/adjudicate"
        clients = [desk.supervisor, desk.service.client(desk.supervisor.token)]
        answers = at_once(*(partial(client.post, url, json=CHANGES["adjudicate"]) for client in clients))
        assert sorted(each.status_code for each in answers) == [200, 409]
        assert desk.count(Adjudication, Adjudication.candidate_id == candidate) == 1


def test_an_outcome_is_recorded_once_and_only_after_a_release(desk: Desk):
    [candidate] = desk.add_candidates(1)
    url = f"/v1/candidates/{candidate}/outcome"
    body = {"outcome": "elsewhere", "established_by": "DNA", "note": "Seen in T.", "for_worker": "The child is safe."}
    for state in ("conflict", "confirmed"):
        desk.set_state(candidate, state)
        assert refusal(desk.supervisor.post(url, json=body)) == (409, "wrong_state")
    desk.set_state(candidate, "released")
    for wrong in ({"outcome": "confirmed"}, {"outcome": "withdrawn"}, {"established_by": " "}, {"place": "x"}):
        assert refusal(desk.supervisor.post(url, json=body | wrong)) == (422, "request_invalid")
    assert desk.supervisor.post(url, json=body).json()["state"] == "elsewhere"
    assert refusal(desk.supervisor.post(url, json=body | {"outcome": "reunited"})) == (409, "wrong_state")
    assert desk.count(Outcome) == 1
    assert desk.acts("outcome.record") == [(desk.supervisor.user.id, str(candidate), "elsewhere")]
    assert desk.alerts(candidate) == ["outcome_recorded"]


def test_a_list_of_candidates_comes_in_pages(desk: Desk):
    candidates = desk.add_candidates(5)

    def confirm(session) -> None:
        for place, each in enumerate(candidates):
            found = session.get_one(Candidate, each)
            found.state, found.found_at = CandidateState.CONFIRMED, now() + timedelta(seconds=place)

    desk.writing(confirm)
    got, cursor = [], None
    while True:
        page = {"state": "confirmed", "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = desk.supervisor.get("/v1/candidates", params=page).json()
        got += [UUID(each["id"]) for each in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert got == candidates


def add_released(desk: Desk, number: int) -> None:
    """Each of a case of its own, with two answers, a linked face and a release."""
    for _ in range(number):
        [candidate_id] = desk.add_candidates(1, case_id=desk.open_case())
        desk.answered(candidate_id, 2, 2)
        authority_id, other_photo = UUID(desk.add_authority()), desk.add_photo()

        def release(session: Session, candidate_id=candidate_id, authority_id=authority_id, other=other_photo) -> None:
            candidate = session.get_one(Candidate, candidate_id)
            linked = session.query(Face).filter_by(photo_id=other, number=0).one()
            session.add(FaceLink(face_id=candidate.face_id, other_id=linked.id, reason=LinkReason.ALIKE, score=0.9))
            whose = {"authority_id": authority_id, "proposed_by": desk.supervisor.user.id}
            session.add(Release(candidate_id=candidate_id, reason="Sure.", **whose))

        desk.writing(release)


def test_a_page_takes_as_many_queries_for_ten_candidates_as_for_two(desk: Desk):
    asked: list[str] = []
    event.listen(desk.service.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = []
    for more in (2, 8):
        add_released(desk, more)
        asked.clear()
        found = listed(desk.supervisor, "confirmed")
        counts.append((len(found), len(asked)))
        assert {(len(one["faces"]), len(one["answers"]), one["release"]["reason"]) for one in found} == {
            (3, 2, "Sure.")
        }
    (few, queries), (many, as_many) = counts
    assert (few, many) == (2, 10)
    assert queries == as_many
