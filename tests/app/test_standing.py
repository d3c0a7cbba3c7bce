"""What standing search found, through the service: reviewers and supervisors at once, the case worker once a day."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.services.queue import _available
from indexer.gallery.lazy import LazyGallery
from indexer.linking.keeper import LinkKeeper
from indexer.sealed_records import case_key
from indexer.standing.keeper import StandingKeeper
from models.candidate import CandidateState
from models.records import Adjudication, Alert, Candidate, Case, Review, Search
from models.types import now
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.test_searches import CHILD, Story
from tests.indexer.gallery.synthetic import around


@pytest.fixture
def story(service: Service) -> Story:
    story = Story(service)
    story.approve()
    return story


def stand_by(story: Story) -> None:
    """All that a worker would do now."""
    context = story.service.house.context
    gallery = LazyGallery(context)
    links, standing = LinkKeeper(context, gallery), StandingKeeper(context, gallery)
    while links.step() or standing.step():
        pass


def a_day_passes(story: Story) -> None:
    with story.service.database.writing() as session:
        for row in session.scalars(select(Search)):
            row.at, row.told_at = row.at - timedelta(days=1), row.told_at - timedelta(days=1)
        for alert in session.scalars(select(Alert)):
            alert.at -= timedelta(days=1)


def listed(story: Story) -> list[dict]:
    return story.worker.get(f"{story.url}/candidates").json()["items"]


def alerts(client) -> list[dict]:
    items = client.get("/v1/alerts").json()["items"]
    return [each for each in items if each["kind"] == "candidates_found"]


def test_before_its_batch_the_case_worker_learns_nothing_of_what_was_found(story: Story):
    stand_by(story)
    assert story.stored(Candidate) == 5
    assert listed(story) == []
    page = story.worker.get(f"{story.url}/candidates", params={"limit": 2}).json()
    assert page == {"items": [], "next_cursor": None}
    assert alerts(story.worker) == []
    assert story.worker.get(f"{story.url}/searches").json()["items"] == []
    with story.service.database.reading() as session:
        search_id = session.scalars(select(Search.id)).one()
    assert story.worker.get(f"{story.url}/searches/{search_id}").status_code == 404
    [alert] = alerts(story.supervisor)
    assert (alert["object_type"], alert["object_id"]) == ("case", story.case_id)


def test_from_its_batch_on_the_case_worker_sees_it_without_rank_or_moment(story: Story):
    stand_by(story)
    a_day_passes(story)
    found = listed(story)
    assert len(found) == 5
    assert {each["rank"] for each in found} == {None}
    assert max(each["score"] for each in found) > 0.85
    [alert] = alerts(story.worker)
    assert (alert["object_type"], alert["object_id"]) == ("case", story.case_id)
    assert alert["at"][13:].startswith(":00:00")
    assert story.worker.get(f"{story.url}/searches").json()["items"] == []


def test_a_search_of_their_own_may_list_it_before(story: Story):
    stand_by(story)
    answer = story.search()["candidates"]
    assert [each["rank"] for each in answer] == list(range(1, 21))
    assert {each["id"] for each in listed(story)} == {each["id"] for each in answer}
    [face] = story.world.add_faces(around(CHILD, 0.999, 9))
    stand_by(story)
    assert len(listed(story)) == 20
    with story.service.database.reading() as session:
        new = session.scalars(select(Candidate.id).where(Candidate.face_id == face)).one()
    assert str(new) not in {each["id"] for each in listed(story)}


def test_a_pair_that_comes_back_shows_its_new_score_from_the_batch_on(story: Story):
    stand_by(story)
    first = story.search()["candidates"][0]
    with story.service.database.writing() as session:
        candidate = session.get_one(Candidate, UUID(first["id"]))
        candidate.start_review()
        candidate.settle(-2, -2)
        case_id = UUID(story.case_id)
        key = case_key(story.world.keyring, session.get_one(Case, case_id))
        story.world.add_reference(session, session.get_one(Case, case_id), key, around(CHILD, 0.95, 2)[0])
    stand_by(story)
    [shown] = [each for each in listed(story) if each["id"] == first["id"]]
    assert (shown["state"], shown["rank"], shown["score"]) == ("open", 1, first["score"])
    a_day_passes(story)
    [shown] = [each for each in listed(story) if each["id"] == first["id"]]
    assert shown["rank"] is None
    assert shown["score"] > first["score"]


def test_a_reviewer_is_given_it_at_once(story: Story):
    stand_by(story)
    reviewer = story.service.sign_in(Role.REVIEWER)
    with story.service.database.reading() as session:
        assert len(session.scalars(_available(reviewer.user.id, now())).all()) == 5


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def come_back(desk: Desk, candidate_id) -> None:
    desk.writing(lambda session: session.get_one(Candidate, candidate_id).come_back(batch=1))


def test_a_pair_that_came_back_is_answered_anew_by_two_people(desk: Desk):
    [candidate] = desk.add_candidates(1)
    first, second = desk.answered(candidate, -2, -1)
    assert desk.state(candidate) is CandidateState.REJECTED
    assert desk.take(first).status_code == 404
    come_back(desk, candidate)
    assert desk.taken(first) == candidate
    assert desk.say(first, desk.take(first).json()["id"], answer=2).status_code == 200
    assert desk.state(candidate) is CandidateState.IN_REVIEW
    assert desk.take(first).status_code == 404
    assert desk.say(second, desk.take(second).json()["id"], answer=2).status_code == 200
    assert desk.state(candidate) is CandidateState.CONFIRMED
    assert desk.count(Review) == 4


def test_an_adjudicated_pair_that_came_back_may_be_adjudicated_again_on_its_new_answers(desk: Desk):
    [candidate] = desk.add_candidates(1)
    supervisor = desk.service.sign_in(Role.SUPERVISOR)
    for answers in ((2, -1), (-2, 1)):
        desk.answered(candidate, *answers)
        assert desk.state(candidate) is CandidateState.CONFLICT
        [shown] = supervisor.get("/v1/candidates", params={"state": "conflict"}).json()["items"]
        assert sorted(each["answer"] for each in shown["answers"]) == sorted(answers)
        said = {"same": False, "reason": "Ears differ"}
        assert supervisor.post(f"/v1/candidates/{candidate}/adjudicate", json=said).status_code == 200
        come_back(desk, candidate)
    assert desk.count(Adjudication) == 2
