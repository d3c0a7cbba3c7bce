"""The workbench without scripts: two faces, a locked answer, and nothing that could sway it."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from indexer.comparing import HEIGHT, WIDTH
from models.link import LinkReason
from models.records import Candidate, Face, FaceLink, Review, SeededPair
from models.review import AssignmentState
from models.types import now
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.pages.conftest import Visit, Visitors

MARKERS = {
    "child_name": "Planted Childname",
    "place": "Plantedplace Market",
    "note": "Plantednote blue door",
    "uploader": "planteduploader",
}


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def begin(visit: Visitors, desk: Desk) -> tuple[Visit, str]:
    """A reviewer at the workbench, and the address of the pair."""
    reviewer = visit(Role.REVIEWER)
    answer = reviewer.fill("/review/next")
    assert answer.status_code == 303, answer.text
    return reviewer, answer.headers["location"]


def test_a_pair_is_taken_compared_answered_and_the_next_one_comes(desk: Desk, visit: Visitors):
    first, second = desk.add_candidates(2)
    reviewer, pair = begin(visit, desk)
    assert reviewer.get("/review").headers["location"] == pair
    page = reviewer.see(pair)
    addresses = re.findall(r'<img class="face" src="([^"]+)"', page)
    assert [address.rsplit("/", 1)[1] for address in addresses[:2]] == ["1", "0"]
    nothing = reviewer.fill(f"{pair}/answer", {"comment": "?"})
    assert (nothing.status_code, "Choose one of the five answers" in nothing.text) == (422, True)
    fields = {"answer": "1", "feature_ears": "2", "feature_marks": "", "comment": "Same scar."}
    answered = reviewer.fill(f"{pair}/answer", fields)
    assert answered.status_code == 303
    assert answered.headers["location"] not in (pair, "/review")
    reviewer.fill(f"{answered.headers['location']}/answer", {"answer": "cannot_say"})
    assert "Your answer to this pair is locked" in reviewer.see(pair)
    again = reviewer.fill(f"{pair}/answer", {"answer": "-2"})
    assert "Your answer to this pair is locked" in again.text
    with desk.service.database.reading() as session:
        given = {review.candidate_id: review for review in session.scalars(select(Review))}
    assert sorted(review.answer for review in given.values()) == [0, 1]
    (said,) = [review for review in given.values() if review.answer == 1]
    assert (said.features, said.comment) == ({"ears": 2}, "Same scar.")
    assert set(given) == {first, second}


def test_when_nothing_waits_the_page_says_so(desk: Desk, visit: Visitors):
    reviewer = visit(Role.REVIEWER)
    assert "Take your time" in reviewer.see("/review")
    assert "There is nothing to review at the moment" in reviewer.fill("/review/next").text


def test_who_knows_the_child_steps_aside(desk: Desk, visit: Visitors):
    desk.add_candidates(1)
    reviewer, pair = begin(visit, desk)
    answer = reviewer.fill(f"{pair}/answer", {"answer": "know_child"})
    assert "There is nothing to review at the moment" in answer.text
    assert "Somebody else compares" in reviewer.see(pair)
    with desk.service.database.reading() as session:
        assert list(session.scalars(select(Review))) == []


def test_faces_come_upright_and_of_one_size_or_as_they_are(desk: Desk, visit: Visitors):
    desk.add_candidates(1)
    reviewer, pair = begin(visit, desk)
    aligned = reviewer.get(f"{pair}/faces/0")
    assert aligned.headers["content-type"] == "image/jpeg"
    assert np.asarray(Image.open(io.BytesIO(aligned.content))).shape == (HEIGHT, WIDTH, 3)
    plain = reviewer.get(f"{pair}/faces/0?as_it_is=true")
    api = desk.service.client(reviewer.headers["Cookie"].split("=", 1)[1])
    same = api.get(f"/v1/review/assignments/{pair.rsplit('/', 1)[1]}/faces/0")
    assert plain.content == same.content
    looks = [each for each in desk.acts("assignment.look") if each[2] == "face 0"]
    assert len(looks) == 3


def test_a_linked_face_that_shows_another_child_is_told_apart(desk: Desk, visit: Visitors):
    (candidate,) = desk.add_candidates(1)
    other = desk.add_photo()
    with desk.service.database.writing() as session:
        here = session.get_one(Candidate, candidate).face_id
        there = session.scalars(select(Face.id).where(Face.photo_id == other)).first()
        assert here is not None
        assert there is not None
        pair_key = min(here, there), max(here, there)
        session.add(FaceLink(face_id=pair_key[0], other_id=pair_key[1], reason=LinkReason.ALIKE, score=0.9))
    reviewer, pair = begin(visit, desk)
    page = reviewer.see(pair)
    assert 'name="other_child" value="500"' in page
    assert "reference=1&street=0" in page
    chosen = reviewer.see(f"{pair}?street=500&reference=1")
    assert '<img class="face" src="' + pair + '/faces/500"' in chosen
    reviewer.fill(f"{pair}/answer", {"answer": "2", "other_child": "500"})
    with desk.service.database.reading() as session:
        assert session.get_one(FaceLink, pair_key).undone_at is not None


def test_no_byte_of_it_tells_who_where_when_or_what_others_think(desk: Desk, visit: Visitors):
    case = desk.open_case(child_name=MARKERS["child_name"])
    uploader = desk.service.sign_in(Role.VOLUNTEER, name=MARKERS["uploader"]).user
    photo = desk.add_photo(place=MARKERS["place"], note=MARKERS["note"])
    desk.add_receipt(photo, uploader, place=MARKERS["place"], note=MARKERS["note"])
    candidate = desk.add_candidate(photo, case)
    desk.answered(candidate, -2)
    reviewer, pair = begin(visit, desk)
    seen = [reviewer.get(path) for path in ("/review", pair, f"{pair}/faces/0", f"{pair}/faces/1")]
    seen.append(reviewer.fill(f"{pair}/answer", {"answer": "1"}))
    seen += [reviewer.get(pair), reviewer.get("/review")]
    numbers = [str(candidate), str(photo), case, *MARKERS.values()]
    with desk.service.database.reading() as session:
        numbers += [review.id.hex for review in session.scalars(select(Review))]
    for answer in seen:
        whole = answer.content + str(answer.headers.raw).encode()
        assert [marker for marker in numbers if marker.encode() in whole] == []
        assert b"score" not in whole.lower().replace(b"underscore", b"")
        assert b"rank" not in whole.lower()


def test_a_pair_whose_time_is_over_says_so(desk: Desk, visit: Visitors):
    desk.add_candidates(1)
    reviewer, pair = begin(visit, desk)
    desk.lapse(pair.rsplit("/", 1)[1])
    assert "The time for this pair is over" in reviewer.see(pair)
    late = reviewer.fill(f"{pair}/answer", {"answer": "2"})
    assert "The time for this pair is over" in late.text


def test_the_own_page_shows_what_is_measured_and_what_is_not(desk: Desk, visit: Visitors):
    reviewer = visit(Role.REVIEWER)
    assert reviewer.user is not None
    with desk.service.database.writing() as session:
        for number in range(25):
            pair = SeededPair(reviewer_id=reviewer.user.id, same=False, seed=1, lapses_at=now())
            pair.answer, pair.state, pair.closed_at = (1 if number == 0 else -1), AssignmentState.ANSWERED, now()
            session.add(pair)
    page = reviewer.see("/review/mine")
    assert "4%" in page
    assert "0.7% – 19.5%" in page
    assert page.count("not measured") == 2
    assert visit(Role.SUPERVISOR).get("/review/mine").status_code == 403
