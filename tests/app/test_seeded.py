"""Pairs of known truth: which are made, that they look like any other, and what is told of them."""

from datetime import date, timedelta
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import func, select

from app.services import seeding
from indexer.pack_records import record_pack
from indexer.sealed_records import case_key, seal_template
from models.records import Candidate, Case, Face, Reference, Review, SeededPair, Template
from models.review import AssignmentState
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.desk import Desk, pixels_of
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack

PATH = "/v1/review/assignments"


@pytest.fixture
def desk(make_house, request) -> Desk:
    """Every pair that can be a seeded one is."""
    from tests.app.conftest import running

    with running(make_house(seeded_share=0.5)) as service:
        yield Desk(service)


@pytest.fixture(autouse=True)
def _always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.queue.is_due", lambda *_: True)


def ticked_case(desk: Desk, ages: list[float], sex: str = "female", look: int = 0, tick: bool = True) -> str:
    """A case with an approved reference of each age, each with a template near ``look``."""
    case_id = desk.open_case(sex=sex, may_test_reviewers=tick)
    with desk.service.database.writing() as session:
        first = session.scalars(select(Reference).where(Reference.case_id == UUID(case_id))).one()
        first.date_it(None, ages[0])
    for age in ages[1:]:
        desk.add_reference(case_id, age_years=age)
    with desk.service.database.writing() as session:
        record_pack(session, DrawnPack.info)
        case = session.get_one(Case, UUID(case_id))
        key = case_key(desk.context.keyring, case)
        faces = session.scalars(
            select(Face).join(Reference, Face.reference_id == Reference.id).where(Reference.case_id == case.id)
        )
        for face in faces:
            template = (
                np.eye(1, DIMENSION, look, dtype=np.float32)[0] + 0.1 * np.eye(1, DIMENSION, 31, dtype=np.float32)[0]
            )
            template = (template / np.linalg.norm(template)).astype(np.float32)
            session.add(
                Template(face_id=face.id, pack_id=PACK_ID, sealed=seal_template(key, template, face.id, PACK_ID))
            )
    return case_id


def pairs(desk: Desk) -> list[SeededPair]:
    with desk.service.database.reading() as session:
        return list(session.scalars(select(SeededPair).order_by(SeededPair.given_at)))


def case_of_face(desk: Desk, face_id: int | None) -> str:
    with desk.service.database.reading() as session:
        return str(session.scalar(select(Reference.case_id).join(Face).where(Face.id == face_id)))


def next_of(desk: Desk, reviewer: AccountClient) -> dict:
    answer = desk.take(reviewer)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_one_child_at_two_ages_looks_and_is_answered_like_any_other_pair(desk: Desk):
    desk.add_candidates(2)
    case_id = ticked_case(desk, [4.0, 9.0, 6.5])
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)
    (pair,) = pairs(desk)
    assert (str(pair.id), str(pair.case_id), pair.same) == (given["id"], case_id, True)
    assert [(face["number"], face["side"]) for face in given["faces"]] == [
        (0, "street"), (1, "reference"), (2, "reference")
    ]  # fmt: skip
    assert [face["street_about_years_after"] for face in given["faces"]] == [None, 5, 2]  # from 9 back to 4 and 6.5
    assert given["truth"] is None
    assert next_of(desk, reviewer) == given
    assert reviewer.get(f"{PATH}/{given['id']}").json() == given
    street = reviewer.get(f"{PATH}/{given['id']}/faces/0")
    assert (street.status_code, street.headers["content-type"]) == (200, "image/jpeg")
    assert (pixels_of(street) == pixels_of(reviewer.get(f"{PATH}/{given['id']}/faces/0"))).all()
    assert reviewer.get(f"{PATH}/{given['id']}/faces/3").status_code == 404
    answer = desk.say(reviewer, given["id"], answer=2, features={"ears": 1})
    assert (answer.status_code, answer.json()["truth"], answer.json()["faces"]) == (200, "same", [])
    again = desk.say(reviewer, given["id"], answer=-2)
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    looks = [why for _, _, why in desk.acts("assignment.look")]
    assert looks.count("face 0") == 2
    assert len(desk.acts("review.answer")) == 1
    with desk.service.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 0
        assert set(session.scalars(select(Candidate.state))) == {"open"}


def test_two_children_of_like_age_and_sex_the_most_alike_first(desk: Desk):
    desk.add_candidates(1)
    mine = ticked_case(desk, [5.0], look=1)
    near = ticked_case(desk, [6.5], look=1)
    ticked_case(desk, [5.5], look=2)
    ticked_case(desk, [5.0], sex="male", look=1)
    ticked_case(desk, [12.0], look=1)
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)
    (pair,) = pairs(desk)
    assert pair.same is False
    both = {str(pair.case_id), case_of_face(desk, pair.face_id)}
    assert both == {mine, near} or len(both & {mine, near}) == 1  # the first case of the draw decides which one asks
    assert desk.say(reviewer, given["id"], answer=-1).json()["truth"] == "different"


def test_the_most_alike_is_chosen_whoever_asks(desk: Desk):
    desk.add_candidates(1)
    alike = {ticked_case(desk, [5.0], look=1), ticked_case(desk, [6.0], look=1)}
    ticked_case(desk, [5.5], sex="male", look=1)
    next_of(desk, desk.reviewer())
    (pair,) = pairs(desk)
    assert {str(pair.case_id), case_of_face(desk, pair.face_id)} == alike


def test_never_of_a_case_that_is_not_ticked_or_that_the_reviewer_has_seen(desk: Desk):
    (candidate,) = desk.add_candidates(1)
    ticked_case(desk, [3.0, 9.0], tick=False)
    seen = ticked_case(desk, [4.0, 9.0])
    reviewer = desk.reviewer()
    first = next_of(desk, reviewer)
    desk.say(reviewer, first["id"], answer=1)
    assert [str(pair.case_id) for pair in pairs(desk)] == [seen]
    second = next_of(desk, reviewer)
    assert len(pairs(desk)) == 1
    assert desk.candidate_of(second["id"]) == candidate
    desk.say(reviewer, second["id"], answer=1)
    assert desk.take(reviewer).json()["code"] == "nothing_to_review"
    fresh = desk.add_candidates(1, seen)
    assert desk.candidate_of(next_of(desk, reviewer)["id"]) == fresh[0]


def test_one_who_knows_the_child_steps_aside_and_nothing_is_told(desk: Desk):
    desk.add_candidates(1)
    ticked_case(desk, [4.0, 9.0])
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)
    answer = desk.say(reviewer, given["id"], know_child=True).json()
    assert (answer["state"], answer["truth"]) == ("knows_child", None)
    assert reviewer.get("/v1/review/mine").json()["false_different"]["of"] == 0


def test_without_a_candidate_that_waits_there_is_no_test_either(desk: Desk):
    ticked_case(desk, [4.0, 9.0])
    assert desk.take(desk.reviewer()).json()["code"] == "nothing_to_review"


def test_a_reference_taken_away_ends_the_pair_and_leaves_the_figure(desk: Desk):
    desk.add_candidates(1)
    case_id = ticked_case(desk, [4.0, 9.0])
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)
    (pair,) = pairs(desk)
    with desk.service.database.reading() as session:
        reference = session.scalar(select(Face.reference_id).where(Face.id == pair.face_id))
    assert desk.worker.delete(f"/v1/cases/{case_id}/references/{reference}").status_code == 204
    assert reviewer.get(f"{PATH}/{given['id']}").json()["state"] == "lapsed"
    assert reviewer.get(f"{PATH}/{given['id']}/faces/0").status_code == 409
    assert desk.say(reviewer, given["id"], answer=1).status_code == 409
    assert pairs(desk)[0].face_id is None


def test_another_reviewer_never_sees_it(desk: Desk):
    desk.add_candidates(1)
    ticked_case(desk, [4.0, 9.0])
    given = next_of(desk, desk.reviewer())
    other = desk.reviewer()
    absent = other.get(f"{PATH}/{UUID(int=7)}")
    assert other.get(f"{PATH}/{given['id']}").content == absent.content
    assert desk.say(other, given["id"], answer=1).status_code == 404


def test_own_figures_are_measured_from_twenty_on(desk: Desk):
    reviewer, other = desk.reviewer(), desk.reviewer()
    with desk.service.database.writing() as session:
        for number in range(39):
            pair = SeededPair(reviewer_id=reviewer.user.id, same=number >= 20, seed=1, lapses_at=now())
            pair.answer, pair.state = (1 if number in (0, 1) else -1), AssignmentState.ANSWERED
            pair.closed_at = now() - timedelta(weeks=number % 3)
            session.add(pair)
    mine = reviewer.get("/v1/review/mine").json()
    assert (mine["false_same"]["count"], mine["false_same"]["of"], mine["false_same"]["share"]) == (2, 20, 0.1)
    assert (mine["false_same"]["low"], mine["false_same"]["high"]) == pytest.approx((0.0279, 0.3010), abs=1e-3)
    assert (mine["false_different"]["of"], mine["false_different"]["share"]) == (19, None)
    assert sum(week["answers"] for week in mine["weeks"]) == 39
    assert date.fromisoformat(mine["weeks"][0]["begins"]).weekday() == 0
    assert other.get("/v1/review/mine").json()["false_same"]["of"] == 0
    assert desk.supervisor.get("/v1/review/mine").status_code == 403


def test_agreement_counts_sides(desk: Desk):
    reviewer, other = desk.reviewer(), desk.reviewer()
    for candidate, mine, theirs in zip(desk.add_candidates(3), (2, -1, 1), (1, 1, 0), strict=True):
        desk.answered_by(reviewer, candidate, mine)
        desk.answered_by(other, candidate, theirs)
    agreement = reviewer.get("/v1/review/mine").json()["agreement"]
    assert (agreement["count"], agreement["of"], agreement["share"]) == (1, 3, None)


def test_the_draw_is_the_same_at_every_asking_and_follows_the_share(service: Service):
    keyring, database = service.house.context.keyring, service.database
    reviewers = [service.sign_in(Role.REVIEWER).user.id for _ in range(60)]
    with database.reading() as session:
        drawn = [[seeding.is_due(session, keyring, each, share) for each in reviewers] for share in (0, 0.5, 0.5, 1)]
    assert (sum(drawn[0]), sum(drawn[3])) == (0, 60)
    assert drawn[1] == drawn[2]
    assert 15 < sum(drawn[1]) < 45
