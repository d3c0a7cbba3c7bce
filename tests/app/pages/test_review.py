"""The workbench without scripts: two faces, a locked answer, and nothing that could sway it."""

import io
import re
from uuid import UUID

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from app.services import queue
from indexer.comparing import HEIGHT, WIDTH
from models.link import LinkReason
from models.records import Candidate, Case, Face, FaceLink, Review
from models.user import Role, UserState
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.pages.conftest import Visit, Visitors

MARKERS = {
    "child_name": "Planted Childname",
    "place": "Plantedplace Market",
    "note": "Plantednote blue door",
    "uploader": "planteduploader",
    "police_reference": "PLANTED-POLICE-77",
    "asked_by": "Plantedmother",
    "taken": "2021-07-08",
    "comment": "comment of -2",
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
    fields = {"answer": "1", "feature_ears": "2", "feature_marks": "", "comment": "Same scar."}
    answered = reviewer.fill(f"{pair}/answer", fields)
    assert answered.status_code == 303
    assert answered.headers["location"] not in (pair, "/review")
    last = reviewer.fill(f"{answered.headers['location']}/answer", {"answer": "cannot_say"})
    assert (last.status_code, last.headers["location"]) == (303, "/review")
    assert "Your answer to this pair is locked" in reviewer.see(pair)
    assert "You said: probably the same." in reviewer.see(pair)
    again = reviewer.fill(f"{pair}/answer", {"answer": "-2"})
    assert (again.status_code, "You said: probably the same." in again.text) == (409, True)
    with desk.service.database.reading() as session:
        given = {review.candidate_id: review for review in session.scalars(select(Review))}
    assert sorted(review.answer for review in given.values()) == [0, 1]
    (said,) = [review for review in given.values() if review.answer == 1]
    assert (said.features, said.comment) == ({"ears": 2}, "Same scar.")
    assert set(given) == {first, second}


def test_what_cannot_be_taken_comes_back_as_it_was_entered(desk: Desk, visit: Visitors):
    desk.add_candidates(1)
    reviewer, pair = begin(visit, desk)
    entered = {"comment": "A <scar>", "feature_ears": "2", "feature_nose": "-1"}
    for answer in ("", "--1", "3", "x"):
        refused = reviewer.fill(f"{pair}/answer", entered | {"answer": answer})
        assert (refused.status_code, "Choose one of the five answers" in refused.text) == (422, answer != "3"), answer
        assert ">A &lt;scar&gt;</textarea>" in refused.text
        assert re.findall(r'name="feature_(\w+)" value="(-?\d)" checked', refused.text) == [
            ("nose", "-1"),
            ("ears", "2"),
        ]
    long = reviewer.fill(f"{pair}/answer", {"answer": "-1", "comment": "x" * 2001})
    assert (long.status_code, 'id="comment-fault"' in long.text, 'value="-1" required checked' in long.text) == (
        422,
        True,
        True,
    )
    assert 'name="next" value="/"' in long.text  # where a form was sent to there is no page in another language
    full = "x" * 999 + "\r\n" + "x" * 1000  # 2000 letters to a browser, which sends two for an end of line
    assert reviewer.fill(f"{pair}/answer", {"answer": "-1", "comment": full}).status_code == 303


def test_looking_at_another_picture_keeps_what_was_entered_and_locks_nothing(desk: Desk, visit: Visitors):
    desk.add_reference(desk.case_id)
    desk.add_candidates(1)
    reviewer, pair = begin(visit, desk)
    entered = {"answer": "-1", "feature_ears": "2", "comment": "A <scar>", "reference": "1", "street": "0"}
    looked = reviewer.fill(pair, entered | {"to_reference": "2"})
    assert looked.status_code == 200
    shown = re.findall(r'<img class="face" src="([^"]+)"', looked.text)
    assert shown[:2] == [f"{pair}/faces/2", f"{pair}/faces/0"]
    assert 'value="-1" required checked' in looked.text
    assert ">A &lt;scar&gt;</textarea>" in looked.text
    assert re.findall(r'name="feature_(\w+)" value="(-?\d)" checked', looked.text) == [("ears", "2")]
    kept = reviewer.fill(f"{pair}/answer", {"comment": "No answer", "reference": "2", "street": "0"})
    assert (kept.status_code, f'<img class="face" src="{pair}/faces/2"' in kept.text) == (422, True)
    assert reviewer.fill(pair, {"to_street": "999", "to_reference": "x"}).status_code == 200
    assert desk.count(Review) == 0
    desk.lapse(pair.rsplit("/", 1)[1])
    assert "A &lt;scar&gt;" in reviewer.fill(pair, entered | {"to_reference": "2"}).text


def test_when_nothing_waits_the_page_says_so(desk: Desk, visit: Visitors):
    reviewer = visit(Role.REVIEWER)
    assert "There is nothing to review at the moment" in reviewer.see("/review")
    assert reviewer.fill("/review/next").headers["location"] == "/review"
    desk.add_candidates(1)
    assert "Take your time" in reviewer.see("/review")


def test_who_has_answered_enough_for_a_day_is_told_so(desk: Desk, visit: Visitors, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queue, "ANSWERS_A_DAY", 1)
    desk.add_candidates(2)
    reviewer, pair = begin(visit, desk)
    assert reviewer.fill(f"{pair}/answer", {"answer": "1"}).headers["location"] == "/review"
    assert "1 answers a day are the limit" in reviewer.see("/review")


def test_whoever_is_not_approved_is_told_so(desk: Desk, visit: Visitors):
    waiting = visit(Role.REVIEWER, state=UserState.AWAITING_APPROVAL)
    assert "A supervisor has to approve" in waiting.see("/review", 403)


def test_who_knows_the_child_steps_aside(desk: Desk, visit: Visitors):
    desk.add_candidates(1)
    reviewer, pair = begin(visit, desk)
    page = reviewer.see(pair)
    assert "Then somebody else has to compare" in page
    assert "Yes, I know this child or the family" in page
    answer = reviewer.fill(f"{pair}/answer", {"answer": "know_child"})
    assert answer.headers["location"] == "/review"
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
    assert '<img class="face" src="' + pair + '/faces/0"' in page
    chosen = reviewer.fill(pair, {"to_street": "500", "street": "0", "reference": "1"})
    assert chosen.text.count('<img class="face" src="' + pair + '/faces/500"') == 1
    assert '<input type="hidden" name="street" value="500">' in chosen.text
    reviewer.fill(f"{pair}/answer", {"answer": "2", "other_child": "500"})
    with desk.service.database.reading() as session:
        assert session.get_one(FaceLink, pair_key).undone_at is not None


def test_no_byte_of_it_tells_who_where_when_or_what_others_think(desk: Desk, visit: Visitors):
    told = {name: MARKERS[name] for name in ("child_name", "police_reference", "asked_by")}
    case = desk.open_case(**told)
    uploader = desk.service.sign_in(Role.VOLUNTEER, name=MARKERS["uploader"]).user
    camera = {"taken_at": f"{MARKERS['taken']}T12:34:56", "latitude": 48.137154, "longitude": 11.576124}
    photo = desk.add_photo(camera, place=MARKERS["place"], note=MARKERS["note"])
    desk.add_receipt(photo, uploader, place=MARKERS["place"], note=MARKERS["note"])
    candidate = desk.add_candidate(photo, case)
    desk.answered(candidate, -2)
    reviewer, pair = begin(visit, desk)
    faces = [f"{pair}/faces/{number}{how}" for number in (0, 1) for how in ("", "?as_it_is=true")]
    seen = [reviewer.get(path) for path in ("/review", pair, *faces)]
    seen.append(reviewer.fill(f"{pair}/answer", {"comment": "no answer chosen"}))
    seen.append(reviewer.fill(f"{pair}/answer", {"answer": "1"}))
    seen.append(reviewer.fill(f"{pair}/answer", {"answer": "2"}))
    seen += [reviewer.get(pair), reviewer.get("/review")]
    markers = [str(candidate), str(photo), case, "48.13", "11.57", *MARKERS.values()]
    with desk.service.database.reading() as session:
        markers.append(session.get_one(Case, UUID(case)).number)
        markers += [str(review.id) for review in session.scalars(select(Review))]
    for answer in seen:
        whole = answer.content + str(answer.headers.raw).encode()
        assert [marker for marker in markers if marker.encode() in whole] == []
        assert b"score" not in whole.lower().replace(b"underscore", b"")
        assert b"rank" not in whole.lower()


def test_a_pair_whose_time_is_over_says_so(desk: Desk, visit: Visitors):
    desk.add_candidates(1)
    reviewer, pair = begin(visit, desk)
    desk.lapse(pair.rsplit("/", 1)[1])
    assert "The time for this pair is over" in reviewer.see(pair)
    assert "Nothing of yours was lost" in reviewer.see(pair)
    late = reviewer.fill(f"{pair}/answer", {"answer": "2", "comment": "A mole"})
    assert (late.status_code, "came too late and was not kept" in late.text, "A mole" in late.text) == (409, True, True)
