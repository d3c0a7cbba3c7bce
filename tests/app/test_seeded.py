"""Pairs of known truth: which are made, that they look like any other, what is told of them, and how they go."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID

import httpx
import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.house import House
from app.services import seeding
from app.services.cases import close_case
from app.services.children import children_of, may_be_one
from indexer.images import BLANK_GREY
from indexer.pack_records import record_pack
from indexer.sealed_records import case_key, seal_template
from models.actor import Actor
from models.candidate import CandidateState
from models.face import QualityClass
from models.link import LinkReason
from models.records import Alert, Candidate, Case, Face, FaceLink, Photo, Reference, Review, SeededPair, Template
from models.review import Assignment, AssignmentState
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service, running
from tests.app.desk import Desk, pixels_of, refusal, while_uncommitted
from tests.app.worlds import follow, world_of
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack
from tests.models.factories import make_candidate, make_case, make_face

PATH = "/v1/review/assignments"
NOTHING = (404, "nothing_to_review")
DATED = {"taken_at": datetime(2026, 3, 1, tzinfo=UTC)}
_numbers = count(1)


@pytest.fixture
def desk(make_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Every pair that can be a seeded one is."""
    monkeypatch.setattr("app.services.queue.is_due", lambda *_: True)
    with running(make_house(seeded_share=0.5)) as service:
        world_of(service)
        follow(service)
        yield Desk(service)


def ticked_case(desk: Desk, ages: list[float], look: int = 0, **details: object) -> str:
    """A case with an approved reference of each age, each with a template near ``look``."""
    own = {"child_name": f"Child {next(_numbers)}", "police_reference": f"P-{next(_numbers)}", "sex": "female"}
    case_id = desk.open_case(**own | {"may_test_reviewers": True} | details)
    with desk.service.database.writing() as session:
        first = session.scalars(select(Reference).where(Reference.case_id == UUID(case_id))).one()
        first.date_it(None, ages[0])
    for age in ages[1:]:
        desk.add_reference(case_id, age_years=age)
    desk.writing(partial(add_templates, desk, UUID(case_id), look))
    return case_id


def add_templates(desk: Desk, case_id: UUID, look: int, session: Session) -> None:
    record_pack(session, DrawnPack.info)
    key = case_key(desk.context.keyring, session.get_one(Case, case_id))
    template = np.eye(1, DIMENSION, look, dtype=np.float32)[0]
    ours = select(Face.id).join(Reference, Face.reference_id == Reference.id).where(Reference.case_id == case_id)
    for face_id in session.scalars(ours):
        sealed = seal_template(key, template, face_id, PACK_ID)
        session.add(Template(face_id=face_id, pack_id=PACK_ID, sealed=sealed))


def pairs(desk: Desk) -> list[SeededPair]:
    return desk.reading(lambda session: list(session.scalars(select(SeededPair).order_by(SeededPair.given_at))))


def case_ids(desk: Desk) -> tuple[str, str]:
    """Of the one pair there is: whose looks are shown, and who stands for the street child."""
    (pair,) = pairs(desk)
    return str(pair.case_id), str(pair.other_case_id)


def next_of(desk: Desk, reviewer: AccountClient) -> dict:
    answer = desk.take(reviewer)
    assert answer.status_code == 201, answer.text
    return answer.json()


def references_of(desk: Desk, case_id: str) -> dict[float | None, UUID]:
    """By age."""
    ours = select(Reference.age_years, Reference.id).where(Reference.case_id == UUID(case_id))
    return desk.reading(lambda session: {row.age_years: row.id for row in session.execute(ours)})


# --- which are made --------------------------------------------------------------------------------------------------


def test_one_child_at_two_ages_looks_and_is_answered_like_any_other_pair(desk: Desk):
    desk.add_candidate(desk.add_photo(**DATED))
    case_id = ticked_case(desk, [4.0, 9.0, 6.5, 8.5])
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)
    (pair,) = pairs(desk)
    assert (str(pair.id), case_ids(desk), pair.same) == (given["id"], (case_id, case_id), True)
    numbered = [(face["number"], face["side"], face["street_about_years_after"]) for face in given["faces"]]
    # From nine back to four and six and a half; nothing of the year before, which anyone would know again.
    assert numbered == [(0, "street", None), (1, "reference", 5), (2, "reference", 2)]
    assert given["truth"] is None
    assert next_of(desk, reviewer) == given == reviewer.get(f"{PATH}/{given['id']}").json()
    street = pixels_of(reviewer.get(f"{PATH}/{given['id']}/faces/0"))
    assert (street == pixels_of(reviewer.get(f"{PATH}/{given['id']}/faces/0"))).all()
    assert refusal(reviewer.get(f"{PATH}/{given['id']}/faces/3")) == (404, "not_found")
    answer = desk.say(reviewer, given["id"], answer=2, features={"ears": 1})
    assert (answer.status_code, answer.json()["truth"], answer.json()["faces"]) == (200, "same", [])
    assert refusal(desk.say(reviewer, given["id"], answer=-2)) == (409, "already_answered")
    assert pairs(desk)[0].answer == 2
    assert [why for _, _, why in desk.acts("assignment.look")] == ["face 0", "face 0"]
    assert [desk.count(record) for record in (Review, Assignment)] == [0, 0]
    assert desk.count(Candidate, Candidate.state != "open") == 0
    assert desk.count(Alert, Alert.object_type == "candidate") == 0


def test_two_children_of_like_age_and_sex_the_most_alike_first(desk: Desk):
    desk.add_candidates(1)
    alike = {ticked_case(desk, [3.0, 7.0], look=1), ticked_case(desk, [3.5, 7.5], look=1)}
    ticked_case(desk, [3.0, 7.0], look=2)
    ticked_case(desk, [3.0, 7.0], look=1, sex="male")
    ticked_case(desk, [10.0, 14.0], look=1)
    reviewer = a_reviewer_drawn(desk, same=False)
    given = next_of(desk, reviewer)
    assert set(case_ids(desk)) == alike
    assert len(given["faces"]) == 2
    assert desk.say(reviewer, given["id"], answer=-1).json()["truth"] == "different"


def a_reviewer_drawn(desk: Desk, same: bool) -> AccountClient:
    """One whose first draw asks for a pair of this kind."""
    with desk.service.database.reading() as session:
        for _ in range(100):
            reviewer = desk.reviewer()
            if seeding._draw(session, desk.context.keyring, reviewer.user.id) % 2 == (not same):
                return reviewer
    raise AssertionError("no draw of a hundred gave it")


ONE_CHILD_TWICE = [
    {"police_reference": "P-77/2026"},
    {"child_name": "Ana  BELÉN"},
    {"birth_date": "2015-02-03"},
    {},  # the same picture in both
]


def test_two_cases_that_may_be_of_one_child_are_never_called_two(desk: Desk):
    twice = [[ticked_case(desk, [3.0, 7.0], **shared) for _ in range(2)] for shared in ONE_CHILD_TWICE]
    desk.writing(partial(give_the_same_picture, *twice[-1]))
    with desk.service.database.reading() as session:
        ids = [UUID(case_id) for pair in twice for case_id in pair]
        known = children_of(session, desk.context.keyring, ids)
        alike = [[may_be_one(one, other) for other in known] for one in known]
        assert alike == [[here // 2 == there // 2 for there in range(8)] for here in range(8)]
        found = seeding._instead(known, known[0], known[0].looks[-1])
        assert {child.case.id for child, _ in found} == set(ids[2:])


def give_the_same_picture(first: str, second: str, session: Session) -> None:
    one, other = (
        session.scalars(select(Reference).where(Reference.case_id == UUID(each))).first() for each in (first, second)
    )
    assert one is not None
    assert other is not None
    one.digest = other.digest


def test_without_a_pack_in_use_nothing_is_compared(desk: Desk):
    desk.add_candidates(1)
    for _ in range(2):
        ticked_case(desk, [3.0, 7.0])
    desk.service.house.follower._ready.clear()
    next_of(desk, a_reviewer_drawn(desk, same=False))
    assert [pair.same for pair in pairs(desk)] == [True]


def test_a_face_too_poor_to_be_a_candidates_stands_for_none(desk: Desk):
    desk.add_candidates(1)
    case_id = ticked_case(desk, [4.0, 9.0])

    def spoil(session: Session) -> None:
        for face in session.scalars(select(Face).where(Face.reference_id == references_of(desk, case_id)[9.0])):
            face.quality_class = QualityClass.NOT_ENROLLED

    desk.writing(spoil)
    next_of(desk, desk.reviewer())
    assert pairs(desk) == []


def test_never_of_a_case_that_is_not_ticked_or_that_the_reviewer_has_seen(desk: Desk):
    (candidate,) = desk.add_candidates(1)
    ticked_case(desk, [3.0, 9.0], may_test_reviewers=False)
    seen = ticked_case(desk, [4.0, 9.0])
    reviewer = desk.reviewer()
    first = next_of(desk, reviewer)
    desk.say(reviewer, first["id"], answer=1)
    assert case_ids(desk) == (seen, seen)
    second = next_of(desk, reviewer)
    assert len(pairs(desk)) == 1
    assert desk.candidate_of(second["id"]) == candidate
    desk.say(reviewer, second["id"], answer=1)
    assert refusal(desk.take(reviewer)) == NOTHING
    fresh = desk.add_candidates(1, seen)
    assert desk.candidate_of(next_of(desk, reviewer)["id"]) == fresh[0]


def test_never_of_a_case_of_which_the_reviewer_had_a_candidate_or_which_they_work_on(desk: Desk):
    had, works_on = ticked_case(desk, [4.0, 9.0]), ticked_case(desk, [4.0, 9.0])
    (candidate, other) = desk.add_candidates(1, had) + desk.add_candidates(1)
    reviewer = desk.answered(candidate, 1)[0]
    desk.writing(lambda session: setattr(session.get_one(Case, UUID(works_on)), "worker_id", reviewer.user.id))
    assert desk.candidate_of(next_of(desk, reviewer)["id"]) == other
    assert pairs(desk) == []


def test_without_a_candidate_that_waits_there_is_no_test_either(desk: Desk):
    ticked_case(desk, [4.0, 9.0])
    assert refusal(desk.take(desk.reviewer())) == NOTHING


def test_the_draw_is_the_same_at_every_asking_and_follows_the_share(service: Service):
    keyring, database = service.house.context.keyring, service.database
    reviewers = [service.sign_in(Role.REVIEWER).user.id for _ in range(60)]
    with database.reading() as session:
        drawn = [[seeding.is_due(session, keyring, each, share) for each in reviewers] for share in (0, 0.5, 0.5, 1)]
    assert (sum(drawn[0]), sum(drawn[3])) == (0, 60)
    assert drawn[1] == drawn[2]
    assert 15 < sum(drawn[1]) < 45


# --- that nothing tells them from others -----------------------------------------------------------------------------


def test_where_the_candidate_had_no_date_no_years_are_told(desk: Desk):
    desk.add_candidates(1)
    ticked_case(desk, [4.0, 9.0])
    assert [face["street_about_years_after"] for face in next_of(desk, desk.reviewer())["faces"]] == [None, None]
    assert len(pairs(desk)) == 1


def test_the_face_is_as_small_as_the_candidates_and_others_in_it_are_blanked_cleanly(desk: Desk):
    (candidate,) = desk.add_candidates(1)
    ticked_case(desk, [4.0, 9.0])

    def make_half_as_tall(session: Session) -> None:
        face = session.get_one(Face, session.get_one(Candidate, candidate).face_id)
        face.box = [60.0, 60.0, 85.0, 85.0]

    desk.writing(make_half_as_tall)
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)
    whole, half = (pixels_of(reviewer.get(f"{PATH}/{given['id']}/faces/{number}")) for number in (1, 0))
    assert (whole.shape, half.shape) == ((110, 110, 3), (55, 55, 3))
    assert np.abs(half[18:37, 52:].astype(int) - BLANK_GREY).mean() < 0.5


def test_every_answer_is_of_the_same_kind_until_the_last(desk: Desk):
    """Bodies, headers, refusals, and the words in the audit log."""
    desk.add_candidate(desk.add_photo(**DATED))
    ticked_case(desk, [4.0, 9.0])
    reviewer = desk.reviewer()
    seeded = everything(desk, reviewer)
    real = everything(desk, reviewer)
    assert len(pairs(desk)) == 1
    assert [shape(each) for each in seeded] == [shape(each) for each in real]
    assert all(1 / 4 < len(one.content) / len(other.content) < 4 for one, other in zip(seeded, real, strict=True))
    acts = [row[0] for row in (desk.acts(word) for word in ("assignment.take", "review.answer"))]
    assert [actor for actor, *_ in acts] == [reviewer.user.id] * 2
    assert {len(desk.acts(word)) for word in ("assignment.take", "review.answer")} == {2}
    assert [each.json()["truth"] for each in (seeded[-1], real[-1])] == ["same", None]


def everything(desk: Desk, reviewer: AccountClient) -> list[httpx.Response]:
    taken = desk.take(reviewer)
    held = taken.json()["id"]
    got = [taken, reviewer.get(f"{PATH}/{held}")]
    got += [reviewer.get(f"{PATH}/{held}/faces/{number}") for number in (0, 1, 2, 500)]
    got += [desk.say(reviewer, held, answer=1, other_child=[number]) for number in (1, 500)]
    got += [desk.say(reviewer, held, answer=7), desk.say(reviewer, held, answer=1)]
    return got


def shape(answer: httpx.Response) -> tuple[object, ...]:
    """All but what differs between any two pairs."""
    names = sorted(answer.headers)
    if answer.headers["content-type"] == "image/jpeg":
        return answer.status_code, names, pixels_of(answer).shape
    body = answer.json()
    if answer.status_code >= 400:
        return answer.status_code, names, {name: value for name, value in body.items() if name != "request_id"}
    return answer.status_code, names, sorted(body), body["state"], [sorted(face) for face in body["faces"]]


@pytest.mark.parametrize(("linked", "crops"), [(0, []), (1, [500]), (3, [500, 501])])
def test_it_has_as_many_street_faces_as_the_candidates_where_the_child_has_them(
    desk: Desk, linked: int, crops: list[int]
):
    (candidate,) = desk.add_candidates(1)
    others = [desk.add_photo() for _ in range(linked)]
    desk.writing(partial(link_first_faces, candidate, others))
    ticked_case(desk, [4.0, 9.3, 9.0, 8.9, 8.7])  # of 8.7 too much lies between
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)
    assert [face["number"] for face in given["faces"]] == [0, 1, *crops]
    assert {face["side"] for face in given["faces"] if face["number"] != 1} == {"street"}
    looks = [reviewer.get(f"{PATH}/{given['id']}/faces/{number}") for number in (0, *crops)]
    assert [pixels_of(look).shape for look in looks] == [(110, 110, 3)] * (1 + len(crops))
    assert len({look.content for look in looks}) == 1 + len(crops)  # each made poor in its own way
    beyond = 500 + len(crops)
    assert refusal(reviewer.get(f"{PATH}/{given['id']}/faces/{beyond}")) == (404, "not_found")
    assert refusal(desk.say(reviewer, given["id"], answer=1, other_child=[beyond])) == (404, "not_found")
    assert desk.say(reviewer, given["id"], answer=1, other_child=crops).json()["truth"] == "same"


def link_first_faces(candidate: UUID, photos: list[UUID], session: Session) -> None:
    here = session.get_one(Candidate, candidate).face_id
    for photo in photos:
        there = session.scalars(select(Face.id).where(Face.photo_id == photo, Face.number == 0)).one()
        one, other = sorted((here or 0, there))
        session.add(FaceLink(face_id=one, other_id=other, reason=LinkReason.ALIKE, score=0.9))


def test_what_lapsed_is_given_again_and_refused_like_any_other(desk: Desk):
    desk.add_candidates(1)
    ticked_case(desk, [4.0, 9.0])
    reviewer = desk.reviewer()
    given = next_of(desk, reviewer)["id"]

    def age(session: Session) -> None:
        session.get_one(SeededPair, UUID(given)).lapses_at = now()

    desk.writing(age)
    assert reviewer.get(f"{PATH}/{given}").json()["state"] == "lapsed"
    assert refusal(desk.say(reviewer, given, answer=1, other_child=[1])) == (409, "wrong_state")
    again = next_of(desk, reviewer)
    assert (again["id"], again["state"]) == (given, "open")
    assert desk.say(reviewer, given, answer=1).status_code == 200
    assert len(pairs(desk)) == 1


def test_another_reviewer_never_sees_it(desk: Desk):
    desk.add_candidates(1)
    ticked_case(desk, [4.0, 9.0])
    given = next_of(desk, desk.reviewer())
    other = desk.reviewer()
    absent = other.get(f"{PATH}/{UUID(int=7)}")
    assert other.get(f"{PATH}/{given['id']}").content == absent.content
    assert desk.say(other, given["id"], answer=1).status_code == 404


# --- how they go -----------------------------------------------------------------------------------------------------


def test_one_who_knows_the_child_is_shown_neither_of_the_two_again(desk: Desk):
    cases = [ticked_case(desk, [3.0, 7.0]) for _ in range(2)]
    candidates = [desk.add_candidates(1, case_id)[0] for case_id in cases]
    (other,) = desk.add_candidates(1)
    reviewer = a_reviewer_drawn(desk, same=False)
    given = next_of(desk, reviewer)
    assert set(case_ids(desk)) == set(cases)
    answer = desk.say(reviewer, given["id"], know_child=True).json()
    assert (answer["state"], answer["truth"]) == ("knows_child", None)
    assert desk.candidate_of(next_of(desk, reviewer)["id"]) == other
    desk.say(reviewer, desk.take(reviewer).json()["id"], answer=1)
    assert refusal(desk.take(reviewer)) == NOTHING
    assert desk.worker.patch(f"/v1/cases/{cases[0]}", json={"may_test_reviewers": False}).status_code == 200
    assert refusal(desk.take(reviewer)) == NOTHING  # who knows a child goes on knowing them
    assert {desk.state(candidate) for candidate in candidates} == {CandidateState.OPEN}


def withdraw_the_tick(desk: Desk, case_id: str) -> httpx.Response:
    return desk.worker.patch(f"/v1/cases/{case_id}", json={"may_test_reviewers": False})


def close(desk: Desk, case_id: str) -> httpx.Response:
    return desk.worker.post(f"/v1/cases/{case_id}/close", json={"reason": "Found"})


def remove_the_reference(desk: Desk, case_id: str) -> httpx.Response:
    return desk.worker.delete(f"/v1/cases/{case_id}/references/{references_of(desk, case_id)[9.0]}")


@pytest.mark.parametrize("take_away", [withdraw_the_tick, close, remove_the_reference])
def test_what_is_taken_away_is_shown_to_nobody_and_leaves_only_the_answer(desk: Desk, take_away: Callable):
    desk.add_candidates(2)
    case_id = ticked_case(desk, [4.0, 9.0])
    answering, holding = desk.reviewer(), desk.reviewer()
    answered, held = (next_of(desk, each)["id"] for each in (answering, holding))
    desk.say(answering, answered, answer=-1, comment="The ears of a child I describe.")
    assert take_away(desk, case_id).status_code in {200, 204}
    assert holding.get(f"{PATH}/{held}").json() | {"lapses_at": ""} == {
        "id": held, "state": "lapsed", "lapses_at": "", "faces": [], "truth": None
    }  # fmt: skip
    assert refusal(holding.get(f"{PATH}/{held}/faces/0")) == (409, "wrong_state")
    assert refusal(desk.say(holding, held, answer=1)) == (409, "wrong_state")
    assert {(pair.face_id, pair.comment) for pair in pairs(desk)} == {(None, "")}
    assert answering.get("/v1/review/mine").json()["false_different"]["of"] == 1
    for reviewer in (holding, desk.reviewer()):
        next_of(desk, reviewer)
    assert len(pairs(desk)) == 2


def test_who_asks_while_the_case_is_being_closed_gets_a_candidate(desk: Desk):
    (candidate,) = desk.add_candidates(1)
    case_id = ticked_case(desk, [4.0, 9.0])
    actor, reviewer = Actor(desk.worker.user, "test"), desk.reviewer()
    answer = while_uncommitted(
        desk.service.database,
        lambda session: close_case(session, actor, UUID(case_id), "Found at home"),
        partial(desk.take, reviewer),
    )
    assert desk.candidate_of(answer.json()["id"]) == candidate
    assert pairs(desk) == []


# --- what is told of them --------------------------------------------------------------------------------------------


def test_own_figures_are_measured_from_twenty_on(desk: Desk):
    reviewer, other = desk.reviewer(), desk.reviewer()
    with desk.service.database.writing() as session:
        for number in range(39):
            made = {"same": number >= 20, "seed": 1, "face_px": 50.0, "dated": False}
            pair = SeededPair(reviewer_id=reviewer.user.id, **made, lapses_at=now())
            pair.answer, pair.state = (1 if number in (0, 1) else -1), AssignmentState.ANSWERED
            pair.closed_at = now() - timedelta(weeks=number % 3)
            session.add(pair)
    mine = reviewer.get("/v1/review/mine").json()
    assert (mine["false_same"]["count"], mine["false_same"]["of"], mine["false_same"]["share"]) == (2, 20, 0.1)
    assert (mine["false_same"]["low"], mine["false_same"]["high"]) == pytest.approx((0.0279, 0.3010), abs=1e-3)
    assert mine["false_different"] == {"count": None, "of": 19, "share": None, "low": None, "high": None}
    assert sum(week["answers"] for week in mine["weeks"]) == 39
    assert date.fromisoformat(mine["weeks"][0]["begins"]).weekday() == 0
    assert other.get("/v1/review/mine").json()["false_same"]["of"] == 0
    assert desk.supervisor.get("/v1/review/mine").status_code == 403


def test_agreement_is_told_in_twenties_so_that_no_single_answer_is(desk: Desk):
    reviewer, other, photo_id = desk.reviewer(), desk.reviewer(), desk.add_photo()

    def both_answer(answers: list[tuple[int, int]]) -> dict:
        with desk.service.database.writing() as session:
            for mine, theirs in answers:
                face = make_face(session, session.get_one(Photo, photo_id))
                candidate = make_candidate(session, make_case(session, desk.worker.user), face)
                for who, answer in ((reviewer, mine), (other, theirs)):
                    add_review(session, candidate, who, answer)
        return reviewer.get("/v1/review/mine").json()["agreement"]

    few = both_answer([(2, 1), (-1, 1), (0, 0), *[(1, 2)] * 16])
    assert (few["count"], few["of"]) == (None, 19)
    enough = both_answer([(-2, -1)])
    assert (enough["count"], enough["of"]) == (18, 20)
    assert both_answer([(1, -1)] * 19) == enough
    more = both_answer([(1, 1)])
    assert (more["count"], more["of"]) == (19, 40)


def add_review(session: Session, candidate: Candidate, who: AccountClient, answer: int) -> None:
    given = Assignment(candidate_id=candidate.id, reviewer_id=who.user.id, lapses_at=now())
    given.state = AssignmentState.ANSWERED
    session.add(given)
    session.flush()
    said = {"candidate_id": candidate.id, "reviewer_id": who.user.id, "answer": answer, "features": {}}
    session.add(Review(assignment_id=given.id, **said))
    session.flush()
