"""A case worker's pages, as a browser without scripts sees them."""

import re
from html import unescape
from io import BytesIO
from itertools import zip_longest
from uuid import UUID

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from app.body_limit import FORM_BYTES
from app.pages.cookie import FORM_HEADER
from indexer.cohorts.base import RawBecause
from indexer.expected_false import NoFigure
from indexer.packs.base import Pack
from models.alert import Alert, AlertKind
from models.records import AuditEntry, Case, Search
from models.types import now
from models.user import Role
from tests.app.conftest import Service
from tests.app.pages.conftest import Visit, Visitors
from tests.app.test_searches import Story, plant_markers, released
from tests.app.worlds import CHECKLIST, approve_case
from tests.indexer.reference_pictures import blurred_face, no_face, one_face, three_faces

PERSON = {"child_name": "Ana <Ruiz>", "birth_date": "2016-01-01", "sex": "female", "notes": "A scar over the left eye"}


@pytest.fixture
def worker(service: Service, pack: Pack, visit: Visitors) -> Visit:
    """A case worker of a service with the real `open` pack."""
    service.house.context.__dict__["_pack"] = pack
    return visit(Role.CASE_WORKER)


def led_to(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def open_case(worker: Visit, **fields: str) -> str:
    """The address of its page."""
    return led_to(worker.fill("/cases", PERSON | fields, page="/cases/new")).removesuffix("/references/new")


def add(worker: Visit, case: str, picture: bytes | None, **fields: str) -> httpx.Response:
    files = {"file": ("photo.jpg", picture)} if picture is not None else None
    return worker.fill(f"{case}/references", fields, files=files)


def acts(service: Service, action: str) -> list[tuple[str, str]]:
    """On what, why."""
    with service.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number))
        return [(entry.object_id, entry.why) for entry in entries]


def test_a_case_goes_its_whole_way(service: Service, worker: Visit):
    assert "You have no case yet" in worker.see("/cases")
    case = open_case(worker, asked_by="The mother")
    page = worker.see(case)
    assert "Ana <Ruiz>" in page
    assert "Ana &lt;Ruiz&gt;" in worker.get(case).text
    assert "the police reference" in page
    assert "waits for approval" in page
    listed = worker.see("/cases")
    assert "Still missing: the police reference, who has custody, who consented" in re.sub(r"\s+", " ", listed)

    several = led_to(add(worker, case, three_faces(), age_years="2,5"))
    page = worker.see(several)
    assert [page.count('<rect class="box"'), page.count('type="radio" name="face"')] == [3, 3]
    assert 'value="2.5"' in page
    assert led_to(worker.fill(several, {"face": "1", "taken_on": "2018-07-01", "age_years": ""})) == case
    picture = worker.get(f"{several}/image")
    assert (picture.headers["content-type"], Image.open(BytesIO(picture.content)).size) == ("image/jpeg", (660, 220))
    assert worker.get(f"{several}/face").headers["content-type"] == "image/jpeg"
    weak = worker.see(led_to(add(worker, case, blurred_face())))
    assert "The face is blurred: a sharper photo" in weak
    assert "Say when it was taken" in weak
    assert "It is only 120 × 90 pixels" in worker.see(led_to(add(worker, case, no_face(120, 90), age_years="1")))
    last = led_to(add(worker, case, one_face(1), age_years="4"))
    assert led_to(worker.fill(f"{last}/delete")) == case
    assert worker.get(last).status_code == 404
    assert re.findall(r'<span class="age">(.+?)</span>', worker.see(case)) == ["age 1", "age 2.5", "age not known"]

    assert led_to(worker.fill(f"{case}/edit", PERSON | CHECKLIST)) == case
    assert "Everything a supervisor needs is there" in worker.see(case)
    supervisor = service.sign_in(Role.SUPERVISOR)
    assert approve_case(supervisor, f"/v1{case}").status_code == 200
    assert "Why do you search now?" in worker.see(case)
    assert "they stay as they are" in worker.see(f"{case}/edit")
    assert led_to(worker.fill(f"{case}/edit", PERSON | {"custody": "Another one", "notes": ""})) == case
    page = worker.see(case)
    assert ("Another one" in page, "Court order seen" in page, "A scar" in page) == (False, True, False)
    assert "approved" in page
    assert worker.fill(f"{case}/edit", PERSON | {"child_name": "Bea"}).status_code == 303
    assert "waits for approval" in worker.see(case)

    unreasoned = worker.fill(f"{case}/close", {"reason": " "})
    assert (unreasoned.status_code, "Give a reason" in unreasoned.text) == (422, True)
    assert led_to(worker.fill(f"{case}/close", {"reason": "She came home"}, page=f"{case}/close")) == case
    page = worker.see(case)
    assert ("She came home" in page, f"{case}/edit" in page) == (True, False)
    assert "nothing can be added" in add(worker, case, one_face(2)).text
    assert [why for _, why in acts(service, "case.close")] == ["She came home"]


def test_wrong_input_is_told_beside_its_field_and_nothing_entered_is_lost(service: Service, worker: Visit):
    wrong = PERSON | {"child_name": "", "birth_date": "2999-01-01", "custody": "x" * 4001}
    answer = worker.fill("/cases", wrong, page="/cases/new")
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert 'id="child_name-fault">Give a name' in page
    assert 'id="birth_date-fault">Give a day from 1900 to today' in page
    assert 'id="custody-fault">Write at most 4000 letters' in page
    assert ("A scar over the left eye" in page, 'value="female" checked' in page) == (True, True)
    late = worker.fill("/cases", PERSON | {"missing_since": "2015-01-01"})
    assert 'id="missing_since-fault">That is before the day of birth' in late.text
    with service.database.reading() as session:
        assert session.scalars(select(Case)).all() == []

    case = open_case(worker)
    for picture, fields, status, told in [
        (None, {"age_years": "3.5"}, 422, "Choose a photo"),
        (one_face(), {"age_years": "200"}, 422, "Give an age in years"),
        (one_face(), {"taken_on": "2015-12-31", "age_years": "3.5"}, 422, "That is before the child was born"),
        (b"just words", {"age_years": "3.5"}, 415, "not a JPEG, PNG or WebP picture"),
    ]:
        answer = add(worker, case, picture, **fields)
        assert (answer.status_code, told in answer.text) == (status, True), told
        assert all(f'value="{entered}"' in answer.text for entered in fields.values())
    reference = led_to(add(worker, case, three_faces()))
    for fields, told in [
        ({"taken_on": "2015-12-31"}, "That is before the child was born"),
        ({"age_years": "-1", "face": "2"}, "Give an age in years"),
    ]:
        answer = worker.fill(reference, fields)
        assert (answer.status_code, told in answer.text) == (422, True)
    assert 'value="2" checked' in answer.text
    assert "There is no face number 9" in worker.fill(reference, {"face": "9"}).text


def test_what_is_sent_twice_is_made_once(service: Service, worker: Visit):
    once = re.search(r'name="once" value="([^"]+)"', worker.see("/cases/new"))
    assert once is not None
    assert open_case(worker, once=once[1]) == open_case(worker, once=once[1])
    case = open_case(worker)
    assert led_to(add(worker, case, one_face(), once="a" * 8)) == led_to(add(worker, case, one_face(), once="a" * 8))
    assert "already a reference of the case" in add(worker, case, one_face()).text
    with service.database.reading() as session:
        assert len(session.scalars(select(Case)).all()) == 2


def test_our_script_is_answered_in_a_few_words(worker: Visit):
    case = open_case(worker)
    token = re.search(r'name="form_token" value="(\w+)"', worker.see(case))
    assert token is not None
    headers = {FORM_HEADER: token[1]}
    taken = worker.post(f"{case}/references", headers=headers, files={"file": ("x.jpg", three_faces())})
    assert (taken.status_code, taken.json()["state"], len(taken.json()["faces"])) == (201, "needs_face", 3)
    assert worker.get(taken.headers["location"]).status_code == 200
    refused = worker.post(f"{case}/references", headers=headers, files={"file": ("x.jpg", b"words")})
    assert (refused.status_code, "not a JPEG" in refused.json()["detail"]) == (415, True)
    undated = worker.post(f"{case}/references", headers=headers, files={"file": ("x", b"x")}, data={"age_years": "x"})
    assert (undated.status_code, undated.json()) == (422, {"faults": ["age_years"]})


def test_a_photo_too_large_is_refused_and_a_stranger_is_led_to_sign_in(
    service: Service, worker: Visit, visit: Visitors
):
    case, limit = open_case(worker), service.house.settings.max_upload_bytes
    assert "is larger than" in add(worker, case, b"x" * (limit + 1)).text
    refused = add(worker, case, b"x" * (limit + FORM_BYTES + 1))
    assert (refused.status_code, "is larger than" in refused.text, "<h1>" in refused.text) == (413, True, True)
    stranger = visit().post(f"{case}/references", files={"file": ("x.jpg", b"x" * 2**20)})
    assert led_to(stranger) == "/sign-in"


def test_a_case_is_nobody_elses(service: Service, worker: Visit, visit: Visitors):
    case = open_case(worker)
    reference = led_to(add(worker, case, one_face()))
    other = visit(Role.CASE_WORKER)
    assert "Ana" not in other.see("/cases")
    assert acts(service, "case.list") == [(str(other.user.id), "")]
    for path in (case, f"{case}/edit", f"{case}/close", f"{case}/searches", f"{case}/references/new", reference):
        assert other.get(path).status_code == 404
        assert other.fill(path).status_code in (404, 405, 422)
    for path in (f"{reference}/image", f"{reference}/face"):
        assert other.get(path).status_code == 404
    assert other.fill(f"{reference}/delete").status_code == 404
    assert acts(service, "reference.look") == []
    worker.get(f"{reference}/image")
    worker.get(f"{reference}/face")
    assert len(acts(service, "reference.look")) == 2


@pytest.fixture
def story(service: Service) -> Story:
    return Story(service)


def test_a_search_tells_how_far_to_trust_it(story: Story, visit: Visitors):
    worker, case = visit(story.worker.user), f"/cases/{story.case_id}"
    assert "has to approve the case" in worker.see(f"{case}/searches")
    assert worker.fill(f"{case}/searches", {"reason": "Now"}).status_code == 409
    story.approve()
    unreasoned = worker.fill(f"{case}/searches", {"reason": "r" * 501})
    assert (unreasoned.status_code, "r" * 501 in unreasoned.text) == (422, True)
    searched = led_to(worker.fill(f"{case}/searches", {"reason": "The mother <called>"}))
    page = re.sub(r"\s+", " ", worker.see(searched))
    for told in (
        "Nobody was identified.",
        "not measured, because that takes at least 20 approved references of other cases.",
        "The gallery held about 61 street faces.",
        "are not normalised, because there are fewer than 300 faces of other children",
        "whatever they score",
        "The mother <called>",
        "blurred, small",
        ">age 3.5</a>",
    ):
        assert told in page, told
    numbers = re.findall(r'<td class="number"[^>]*>([^<]+)</td>', page)
    assert numbers[::2] == [str(rank) for rank in range(1, 21)]
    assert all(re.fullmatch(r"-?\d\.\d\d", score) for score in numbers[1::2])
    assert searched in worker.see(case)
    assert searched in worker.see(f"{case}/searches")
    assert len(acts(story.service, "search.read")) == 1


def test_every_reason_and_every_kind_of_news_has_words(story: Story, visit: Visitors):
    story.approve()
    search_id = story.search()["id"]
    worker, case = visit(story.worker.user), f"/cases/{story.case_id}"
    for reason, because in zip_longest(NoFigure, RawBecause, fillvalue=RawBecause.COHORT_NOT_READY):
        with story.service.database.writing() as session:
            search = session.get_one(Search, UUID(search_id))
            search.expected_false_reason, search.raw_because = reason.value, because.value
        assert "not measured, because" in worker.see(f"{case}/searches/{search_id}")
    told = {"user_id": story.worker.user.id, "object_type": "case", "object_id": story.case_id}
    kinds = (
        AlertKind.CASE_APPROVED,
        AlertKind.CANDIDATES_FOUND,
        AlertKind.CANDIDATE_RELEASED,
        AlertKind.OUTCOME_RECORDED,
    )
    with story.service.database.writing() as session:
        session.add_all([Alert(kind=kind, at=now().replace(year=2025), **told) for kind in kinds])
    assert worker.see(case).count('<time datetime="2025-') == len(kinds)


def test_expected_false_candidates_are_told_where_they_were_counted(story: Story, visit: Visitors):
    story.approve()
    search_id = story.search()["id"]
    with story.service.database.writing() as session:
        search = session.get_one(Search, UUID(search_id))
        search.expected_false_candidates, search.expected_false_reason = 18.75, None
    page = visit(story.worker.user).see(f"/cases/{story.case_id}/searches/{search_id}")
    assert "such a list would still hold about 18.75 candidates, all of them other children" in page


def test_nothing_of_a_street_photo_is_in_any_page_of_a_case_worker(story: Story, visit: Visitors):
    planted = plant_markers(story)
    story.approve()
    search = story.search()
    first = search["candidates"][0]["id"]
    released(story, first, story.supervisor)
    with story.service.database.writing() as session:
        about = {"user_id": story.worker.user.id, "object_type": "candidate", "object_id": first}
        session.add(Alert(kind=AlertKind.CANDIDATE_RELEASED, at=now().replace(year=2025), **about))
    worker, case = visit(story.worker.user), f"/cases/{story.case_id}"
    paths = ["/cases", case, f"{case}/edit", f"{case}/searches", f"{case}/searches/{search['id']}", f"{case}/close"]
    paths += [f"{case}/references/new", *(f"{case}/references/{each}" for each in story.references)]
    pages = {path: f"{worker.see(path)} {worker.get(path).headers}" for path in paths}
    assert "Released to Child Protection Nord on" in pages[case]
    assert "The family is in touch with us." in pages[paths[4]]
    assert "A candidate was released to an authority." in pages["/cases"]
    for marker in planted:
        assert not [path for path, page in pages.items() if marker in page], marker
