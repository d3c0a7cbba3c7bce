"""Who is given which candidate: two reviewers each, one at a time, and never anyone who knows too much."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.schemas.review import AnswerIn
from app.services.cases import close_case
from app.services.queue import ANSWERS_A_DAY, next_assignment
from app.services.review import answer
from models.actor import Actor
from models.candidate import CandidateState
from models.case import CaseState
from models.photo import PhotoState
from models.records import Assignment, Case, Photo, Reference, Review
from models.review import AssignmentState
from models.types import now
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import Desk, at_once, refusal, while_uncommitted
from tests.models.factories import make_candidate, make_case, make_face
from tests.models.tampering import unguarded

NOTHING = (404, "nothing_to_review")


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def test_a_candidate_is_given_to_two_reviewers_and_no_third(desk: Desk):
    [candidate] = desk.add_candidates(1)
    assert [desk.taken(desk.reviewer()) for _ in range(2)] == [candidate, candidate]
    assert refusal(desk.take(desk.reviewer())) == NOTHING
    assert desk.state(candidate) is CandidateState.IN_REVIEW


def test_who_asks_again_is_given_the_same_assignment(desk: Desk):
    desk.add_candidates(2)
    reviewer = desk.reviewer()
    first, again = desk.take(reviewer), desk.take(reviewer)
    assert first.json() == again.json()
    assert len(desk.acts("assignment.take")) == 1


def test_many_who_ask_at_once_are_never_three_on_one_candidate(desk: Desk):
    candidates = desk.add_candidates(3)
    reviewers = [desk.reviewer() for _ in range(8)]
    answers = at_once(*(partial(desk.take, reviewer) for reviewer in reviewers))
    given = Counter(desk.candidate_of(each.json()["id"]) for each in answers if each.status_code == 201)
    assert given == dict.fromkeys(candidates, 2)
    assert [refusal(each) for each in answers if each.status_code != 201] == [NOTHING] * 2


def test_one_reviewer_who_asks_many_times_at_once_holds_one(desk: Desk):
    desk.add_candidates(3)
    reviewer = desk.reviewer()
    clients = [desk.service.client(reviewer.token) for _ in range(4)]
    answers = at_once(*(partial(desk.take, client) for client in clients))
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    assert desk.count(Assignment) == 1


def test_who_asks_twice_holds_one_even_when_the_first_asking_fills_the_candidate(desk: Desk):
    desk.add_candidates(2)
    reviewer = desk.reviewer()
    candidate = desk.taken(reviewer)
    held = desk.take(reviewer).json()["id"]
    desk.lapse(held)
    desk.assign(desk.reviewer(), candidate)
    keyring, actor = desk.context.keyring, Actor(reviewer.user, "test")
    again = while_uncommitted(
        desk.service.database, lambda session: next_assignment(session, keyring, actor), partial(desk.take, reviewer)
    )
    assert again.json()["id"] == held
    assert desk.count(Assignment, Assignment.reviewer_id == reviewer.user.id) == 1


def test_who_asks_while_the_case_is_being_closed_gets_nothing(desk: Desk):
    [candidate] = desk.add_candidates(1)
    desk.taken(desk.reviewer())
    actor, case_id = Actor(desk.worker.user, "test"), UUID(desk.case_id)
    reviewer = desk.reviewer()
    answer = while_uncommitted(
        desk.service.database,
        lambda session: close_case(session, actor, case_id, "Found at home"),
        partial(desk.take, reviewer),
    )
    assert refusal(answer) == NOTHING
    assert desk.state(candidate) is CandidateState.WITHDRAWN
    assert desk.count(Assignment, Assignment.state == AssignmentState.OPEN) == 0


def test_the_cases_worker_is_never_given_it(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()

    def reassign(session):
        session.get_one(Case, UUID(desk.case_id)).worker_id = reviewer.user.id

    desk.writing(reassign)
    assert refusal(desk.take(reviewer)) == NOTHING
    assert desk.taken(desk.reviewer()) == candidate


def test_who_knows_the_child_is_given_no_candidate_of_the_case_again(desk: Desk):
    desk.add_candidates(2)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    assert desk.say(reviewer, held, know_child=True).json()["state"] == "knows_child"
    assert refusal(desk.take(reviewer)) == NOTHING
    [other] = desk.add_candidates(1, desk.open_case())
    assert desk.taken(reviewer) == other


def test_another_takes_the_place_of_one_who_knows_the_child(desk: Desk):
    [candidate] = desk.add_candidates(1)
    knows, stays, comes = (desk.reviewer() for _ in range(3))
    held = desk.take(knows).json()["id"]
    desk.taken(stays)
    assert refusal(desk.take(comes)) == NOTHING
    desk.say(knows, held, know_child=True)
    assert desk.taken(comes) == candidate
    assert desk.count(Review) == 0


def test_who_has_answered_is_not_given_the_candidate_again(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.answered(candidate, 0)[0]
    assert refusal(desk.take(reviewer)) == NOTHING


def test_half_an_hour_later_a_candidate_is_given_to_another_or_to_the_same_again(desk: Desk):
    [candidate] = desk.add_candidates(1)
    late, other, third = (desk.reviewer() for _ in range(3))
    held = desk.take(late).json()
    with desk.service.database.reading() as session:
        given = session.get_one(Assignment, UUID(held["id"]))
        assert given.lapses_at - given.given_at == pytest.approx(timedelta(minutes=30), abs=timedelta(seconds=10))
    desk.taken(other)
    desk.lapse(held["id"])
    assert late.get(f"/v1/review/assignments/{held['id']}").json()["state"] == "lapsed"
    again = desk.take(late).json()
    assert (again["id"], again["state"]) == (held["id"], "open")
    desk.lapse(held["id"])
    assert desk.taken(third) == candidate
    assert refusal(desk.take(late)) == NOTHING


def test_an_answer_comes_too_late_after_half_an_hour(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer = desk.reviewer()
    held = desk.take(reviewer).json()["id"]
    desk.lapse(held)
    for body in ({"answer": 2}, {"know_child": True}):
        late = desk.say(reviewer, held, **body)
        assert refusal(late) == (409, "wrong_state")
        assert late.json()["detail"] == "The assignment is lapsed, so it cannot be answered."
    assert desk.answers(candidate) == []


def test_an_answer_given_in_the_last_instant_leaves_no_place_for_a_third(desk: Desk):
    [candidate] = desk.add_candidates(1)
    late, other, third = (desk.reviewer() for _ in range(3))
    held = desk.take(late).json()["id"]
    desk.taken(other)

    soon = now() + timedelta(seconds=1)
    desk.writing(lambda session: setattr(session.get_one(Assignment, UUID(held)), "lapses_at", soon))

    def answer_at_the_end(session) -> None:
        answer(session, desk.context, Actor(late.user, "test"), UUID(held), AnswerIn(answer=1))
        session.flush()
        time.sleep(max(0, (soon - now()).total_seconds()))

    asked = while_uncommitted(desk.service.database, answer_at_the_end, partial(desk.take, third))
    assert refusal(asked) == NOTHING
    assert desk.answers(candidate) == [1]


def test_a_reviewer_answers_a_hundred_and_fifty_a_day(desk: Desk):
    [candidate] = desk.add_candidates(1)
    reviewer, photo_id = desk.reviewer(), desk.add_photo()
    assert ANSWERS_A_DAY == 150
    with desk.service.database.writing() as session:
        for _ in range(149):
            add_answer(session, desk, reviewer, photo_id)
    desk.answered_by(reviewer, desk.add_candidates(1, desk.open_case())[0], -2)
    refused = desk.take(reviewer)
    assert refusal(refused) == (429, "review_limit_reached")
    until_midnight = (datetime.now(UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1)) - datetime.now(UTC)
    assert int(refused.headers["retry-after"]) == pytest.approx(until_midnight.total_seconds(), abs=20)
    with unguarded(desk.service.database) as session:
        session.scalars(select(Review)).first().locked_at -= timedelta(days=1)
    assert desk.taken(reviewer) == candidate


def add_answer(session, desk: Desk, reviewer, photo_id: UUID) -> None:
    """To a candidate of a case of its own; only how many there are matters."""
    case = make_case(session, desk.worker.user)
    face = make_face(session, session.get_one(Photo, photo_id))
    candidate = make_candidate(session, case, face, state=CandidateState.REJECTED)
    given = Assignment(candidate_id=candidate.id, reviewer_id=reviewer.user.id, lapses_at=now())
    given.state = AssignmentState.ANSWERED
    session.add(given)
    session.flush()
    answer = {"candidate_id": candidate.id, "reviewer_id": reviewer.user.id, "answer": -2, "features": {}}
    session.add(Review(assignment_id=given.id, **answer))


def test_cases_take_turns(desk: Desk):
    cases = [desk.case_id, desk.open_case(), desk.open_case()]
    for case_id in cases:
        desk.add_candidates(2, case_id)
    given = [desk.case_id_of(desk.taken(desk.reviewer())) for _ in range(6)]
    assert set(given[:3]) == set(cases)
    assert given[3:] == given[:3]


def test_the_second_batch_waits_for_the_first_and_comes_only_when_it_led_nowhere(desk: Desk):
    first, hopeful = desk.add_candidates(2)
    [second] = desk.add_candidates(1, batch=2)
    desk.answered(first, -2, -1)
    assert desk.taken(desk.reviewer()) == hopeful
    desk.answered(hopeful, 0)
    assert refusal(desk.take(desk.reviewer())) == NOTHING
    leads_on = ("in_review", "conflict", "confirmed", "released", "reunited", "elsewhere")
    leads_nowhere = ("rejected", "withdrawn", "not_the_child")
    for state in leads_on:
        desk.set_state(hopeful, state)
        assert refusal(desk.take(desk.reviewer())) == NOTHING, state
    for state in leads_nowhere:
        desk.set_state(hopeful, state)
        reviewer = desk.reviewer()
        assert desk.taken(reviewer) == second, state
        desk.lapse(desk.take(reviewer).json()["id"])


def test_a_hidden_photo_of_the_first_batch_does_not_hold_up_the_second(desk: Desk):
    [first] = desk.add_candidates(1)
    [second] = desk.add_candidates(1, batch=2)
    assert desk.taken(desk.reviewer()) == first
    desk.writing(lambda session: session.get_one(Photo, desk.photo_of(first)).hide())
    assert desk.taken(desk.reviewer()) == second


def test_another_cases_first_batch_does_not_hold_up_this_cases_second(desk: Desk):
    desk.set_state(desk.add_candidates(1)[0], "conflict")
    [second] = desk.add_candidates(1, desk.open_case(), batch=2)
    assert desk.taken(desk.reviewer()) == second


def test_the_first_batch_comes_first_for_everyone(desk: Desk):
    first, second = desk.add_candidates(2), desk.add_candidates(2, batch=2)
    desk.set_state(first[0], "rejected")
    assert [desk.taken(desk.reviewer()) for _ in range(2)] == [first[1]] * 2
    desk.set_state(first[1], "rejected")
    assert desk.taken(desk.reviewer()) in second


def test_the_order_is_each_reviewers_own_and_stays(desk: Desk):
    desk.add_candidates(5)
    orders = [order_of(desk) for _ in range(4)]
    assert len(set(orders)) > 1
    assert all(len(order) == 5 for order in orders)


def order_of(desk: Desk) -> tuple[UUID, ...]:
    """Of a new reviewer, who lets each lapse once: it is the first again."""
    reviewer, order = desk.reviewer(), []
    while (taken := desk.take(reviewer)).status_code == 201:
        candidate = desk.candidate_of(taken.json()["id"])
        desk.lapse(taken.json()["id"])
        assert desk.taken(reviewer) == candidate
        order.append(candidate)
        with desk.service.database.writing() as session:
            session.get_one(Assignment, UUID(taken.json()["id"])).state = AssignmentState.ANSWERED
    with desk.service.database.writing() as session:
        for mine in session.scalars(select(Assignment).where(Assignment.reviewer_id == reviewer.user.id)):
            session.delete(mine)  # so that the next reviewer finds the queue as this one did
    return tuple(order)


def test_what_nobody_may_look_at_is_given_to_nobody(desk: Desk):
    [hidden] = desk.add_candidates(1)
    unapproved, closed, bare = (desk.open_case() for _ in range(3))
    for case_id in (unapproved, closed, bare):
        desk.add_candidates(1, case_id)
    with desk.service.database.writing() as session:
        session.get_one(Photo, desk.photo_of(hidden)).state = PhotoState.HIDDEN
        session.get_one(Case, UUID(unapproved)).state = CaseState.AWAITING_APPROVAL
        session.get_one(Case, UUID(closed)).state = CaseState.CLOSED
        session.scalars(select(Reference).where(Reference.case_id == UUID(bare))).one().approved_at = None
    assert refusal(desk.take(desk.reviewer())) == NOTHING


def test_only_reviewers_ask(service: Service):
    for role in set(Role) - {Role.REVIEWER}:
        client = service.sign_in(role)
        assert refusal(client.post("/v1/review/assignments")) == (403, "not_allowed")
        assert refusal(client.get(f"/v1/review/assignments/{uuid4()}")) == (403, "not_allowed")
