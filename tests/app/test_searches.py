"""Searches through the service: who may, when, and how little a case worker is told."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import func, select

from indexer.erasure import destroy_photo
from indexer.sealed_records import about_receipt, photo_key, seal_json
from models.candidate import CandidateState
from models.records import (
    AuditEntry,
    Authority,
    Candidate,
    Case,
    Face,
    Outcome,
    Photo,
    Receipt,
    Reference,
    Release,
    Search,
    Template,
)
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.worlds import add_reference, approve_case, follow, open_case, world_of
from tests.indexer.gallery.synthetic import around, strangers
from tests.indexer.worlds import DIMENSION
from tests.models.factories import make_face, make_user
from tests.models.tampering import unguarded

CHILD = strangers(1, DIMENSION, 1)


class Story:
    """A service with street faces in its gallery, and one case with two references."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.world = world_of(service)
        self.worker = service.sign_in(Role.CASE_WORKER)
        self.supervisor = service.sign_in(Role.SUPERVISOR)
        self.true_face = self.world.add_faces(around(CHILD, 0.9, 2), quality={"reasons": ["blurred", "small"]})[0]
        self.faces = self.world.add_faces(strangers(60, DIMENSION, 3))
        follow(service)
        self.case_id = open_case(self.worker, birth_date="2016-01-01")["id"]
        self.url = f"/v1/cases/{self.case_id}"
        with service.database.writing() as session:
            ages = {"taken_on": date(2019, 7, 1)}, {"age_years": 5.5}
            templates = (CHILD[0], strangers(1, DIMENSION, 4)[0])
            self.references = [
                add_reference(self.world, session, self.case_id, template, **age)
                for template, age in zip(templates, ages, strict=True)
            ]

    def approve(self) -> None:
        assert approve_case(self.supervisor, self.url).status_code == 200

    def search(self, **headers: str) -> dict:
        answer = self.worker.post(f"{self.url}/searches", json={"reason": "The mother called"}, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def stored(self, record: type) -> int:
        with self.service.database.reading() as session:
            return session.scalar(select(func.count()).select_from(record)) or 0


@pytest.fixture
def story(service: Service) -> Story:
    return Story(service)


def test_before_approval_nothing_is_searched_and_nothing_is_stored(story: Story):
    for method, path in [("POST", "searches"), ("GET", "searches"), ("GET", "candidates")]:
        body = {"reason": "Now"} if method == "POST" else None
        refused = story.worker.request(method, f"{story.url}/{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "case_not_approved")
    assert story.stored(Search) == story.stored(Candidate) == 0


def test_a_search_ranks_twenty_candidates_and_says_how_far_to_trust_them(story: Story):
    story.approve()
    answer = story.search()
    candidates = answer.pop("candidates")
    assert [each["rank"] for each in candidates] == list(range(1, 21))
    assert answer == {
        "id": answer["id"],
        "case_id": story.case_id,
        "at": answer["at"],
        "reason": "The mother called",
        "pack": {"id": "synthetic", "name": "drawn"},
        "gallery_size": 61,
        "threshold": None,
        "expected_false_candidates": None,
        "expected_false_reason": "fewer_than_20_references",
        "cohort": None,
        "raw_because": "fewer_than_300_cohort_faces",
    }
    first = candidates[0]
    assert first == {
        "id": first["id"],
        "rank": 1,
        "score": first["score"],
        "raw_score": first["score"],
        "llr": None,
        "reference": {"id": str(story.references[0]), "age_years": 3.5, "taken_on": "2019-07-01"},
        "quality_reasons": ["blurred", "small"],
        "flags": [],
        "state": "open",
        "state_note": None,
        "outcome_note": None,
    }
    assert first["score"] == round(first["score"], 2)
    assert 0.85 < first["score"] < 0.95
    with story.service.database.reading() as session:
        assert session.get_one(Candidate, UUID(first["id"])).face_id == story.true_face
        [act] = session.scalars(select(AuditEntry).where(AuditEntry.action == "search.run"))
        assert (act.object_id, act.why) == (story.case_id, "The mother called")


def test_a_search_can_be_read_again_and_its_candidates_listed(story: Story):
    story.approve()
    first, second = story.search(), story.search()
    assert [each["id"] for each in first["candidates"]] == [each["id"] for each in second["candidates"]]
    listed = story.worker.get(f"{story.url}/searches").json()["items"]
    assert [each["id"] for each in listed] == [second["id"], first["id"]]
    assert story.worker.get(f"{story.url}/searches/{first['id']}").json() == first
    candidates = story.worker.get(f"{story.url}/candidates").json()["items"]
    assert sorted(candidates, key=lambda each: each["rank"]) == second["candidates"]
    absent = story.worker.get(f"{story.url}/searches/{uuid4()}")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")


def test_the_same_search_sent_twice_with_one_key_is_made_once(story: Story):
    story.approve()
    headers = {"Idempotency-Key": "search-ana-1"}
    assert story.search(**headers) == story.search(**headers)
    assert story.stored(Search) == 1


def test_a_search_sent_again_does_not_bring_erased_faces_back(story: Story):
    story.approve()
    headers = {"Idempotency-Key": "search-ana-1"}
    first = story.search(**headers)
    with story.service.database.writing() as session:
        photo_id = session.get_one(Face, story.true_face).photo_id
        destroy_photo(session, session.get_one(Photo, photo_id), keep_away=True)
    assert story.search(**headers) == first | {"candidates": first["candidates"][1:]}


def test_a_search_needs_a_reason(story: Story):
    story.approve()
    for body in ({}, {"reason": "  "}, {"reason": "x", "limit": 100}):
        refused = story.worker.post(f"{story.url}/searches", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "request_invalid")
    assert story.stored(Search) == 0


def test_only_the_cases_own_worker_searches_it(story: Story):
    story.approve()
    for role in Role:
        answer = story.service.sign_in(role).post(f"{story.url}/searches", json={"reason": "x"})
        assert answer.status_code == (404 if role is Role.CASE_WORKER else 403), role
    assert story.stored(Search) == 0


def test_a_gallery_that_is_still_loading_answers_later(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    world = world_of(service)
    case_id = open_case(worker)["id"]
    with service.database.writing() as session:
        add_reference(world, session, case_id, CHILD[0])
    approve_case(service.sign_in(Role.SUPERVISOR), f"/v1/cases/{case_id}")
    answer = worker.post(f"/v1/cases/{case_id}/searches", json={"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "gallery_not_ready")
    assert answer.headers["Retry-After"]


def test_a_reference_added_after_approval_waits_for_the_same_glance(story: Story):
    story.approve()
    with story.service.database.writing() as session:
        late = add_reference(story.world, session, story.case_id, strangers(1, DIMENSION, 3)[0])
    assert str(late) not in {each["reference"]["id"] for each in story.search()["candidates"]}
    assert story.supervisor.post(f"{story.url}/references/{late}/approve", json={"face": 0}).status_code == 200
    assert story.search()["candidates"][0]["reference"]["id"] == str(late)


def test_erased_faces_leave_every_list_even_before_the_gallery_follows(story: Story):
    story.approve()
    before = story.search()
    with story.service.database.writing() as session:
        photo_id = session.get_one(Face, story.true_face).photo_id
        destroy_photo(session, session.get_one(Photo, photo_id), keep_away=True)
    gone = before["candidates"][0]["id"]
    again = story.worker.get(f"{story.url}/searches/{before['id']}").json()["candidates"]
    assert [each["rank"] for each in again] == list(range(2, 21))
    new = story.search()["candidates"]
    assert len(new) == 20
    listed = story.worker.get(f"{story.url}/candidates").json()["items"]
    assert gone not in {each["id"] for each in new + listed}


TOLD = {
    CandidateState.CONFLICT: "in_review",
    CandidateState.CONFIRMED: "confirmed",
    CandidateState.REJECTED: "rejected",
    CandidateState.WITHDRAWN: "withdrawn",
    CandidateState.NOT_THE_CHILD: "released",
}


def test_a_case_worker_is_told_how_far_people_are_and_no_more(story: Story):
    story.approve()
    before = story.search()["candidates"]
    with story.service.database.writing() as session:
        for state, each in zip(TOLD, before, strict=False):
            session.get_one(Candidate, UUID(each["id"])).state = state
    after = story.search()["candidates"]
    assert [each["id"] for each in after] == [each["id"] for each in before]
    assert [each["state"] for each in after] == [*TOLD.values(), *["open"] * 15]
    assert {(each["state_note"], each["outcome_note"]) for each in after} == {(None, None)}


def released(story: Story, candidate_id: str, by: AccountClient) -> None:
    with story.service.database.writing() as session:
        second = make_user(session, Role.SUPERVISOR)
        session.get_one(Candidate, UUID(candidate_id)).state = CandidateState.REUNITED
        authority = Authority(name="Child Protection Nord", contact="MARKER-contact", proposed_by=by.user.id)
        session.add(authority)
        session.flush()
        release = Release(
            candidate_id=UUID(candidate_id),
            authority_id=authority.id,
            reason="MARKER-release",
            proposed_by=by.user.id,
        )
        session.add(release)
        session.flush()
        release.agree(second, only_supervisor=False)
        outcome = Outcome(
            candidate_id=UUID(candidate_id),
            established_by="MARKER-dna",
            note="MARKER-note",
            for_worker="The family is in touch with us.",
            recorded_by=second.id,
        )
        session.add(outcome)


def test_after_a_release_the_worker_reads_to_whom_and_when_and_what_may_be_told(story: Story):
    story.approve()
    first = story.search()["candidates"][0]["id"]
    released(story, first, story.supervisor)
    candidate = story.worker.get(f"{story.url}/candidates").json()["items"]
    [told] = [each for each in candidate if each["id"] == first]
    assert told["state"] == "released"
    assert told["state_note"] == f"released to Child Protection Nord on {now():%Y-%m-%d}"
    assert told["outcome_note"] == "The family is in touch with us."


def test_a_release_that_nobody_has_agreed_to_is_not_told(story: Story):
    story.approve()
    first = story.search()["candidates"][0]["id"]
    released(story, first, story.supervisor)
    with unguarded(story.service.database) as session:
        session.get_one(Candidate, UUID(first)).state = CandidateState.CONFIRMED
        session.get_one(Release, UUID(first)).agreed_at = None
    [told] = [each for each in story.worker.get(f"{story.url}/candidates").json()["items"] if each["id"] == first]
    assert (told["state"], told["state_note"], told["outcome_note"]) == ("confirmed", None, None)


def test_a_search_is_found_only_under_its_own_case(story: Story):
    story.approve()
    search_id = story.search()["id"]
    other = f"/v1/cases/{open_case(story.worker)['id']}"
    approve_case(story.supervisor, other)
    foreign, absent = (story.worker.get(f"{other}/searches/{each}") for each in (search_id, uuid4()))
    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content


def plant_markers(story: Story) -> list[str]:
    """A face whose photo, receipt and quality are full of markers; what must never be told."""
    world, face_id = story.world, 987_654_321
    with story.service.database.writing() as session:
        volunteer = make_user(session, name="marker-volunteer")
        photo = world.new_photo(session, blob_name="photos/marker-blob", uploaded_at=now().replace(year=2011))
        key = photo_key(world.keyring, photo)
        face = make_face(
            session,
            photo,
            id=face_id,
            box=[1234.5, 0, 2345.6, 99],
            crop_blob_name="crops/marker-crop",
            quality={"reasons": ["blurred"], "sharpness": 4321.5, "place": "marker-quality"},
        )
        template = around(CHILD, 0.99, 9)[0]
        receipt_id = uuid4()
        details = {"place": "marker-place", "note": "marker-note", "taken_at": "2012-03-04"}
        sealed = seal_json(key, details, about_receipt(receipt_id))
        session.add(Receipt(id=receipt_id, uploader_id=volunteer.id, photo_id=photo.id, sealed_details=sealed))
        world.add_template(session, photo, face, template)
    follow(story.service)
    ids = [str(photo.id), str(receipt_id), str(volunteer.id), str(face_id)]
    uploaded = f"{photo.uploaded_at:%Y-%m-%d}"
    return [*ids, uploaded, "2012-03-04", "1234.5", "4321.5", "marker", "MARKER"]


def test_nothing_of_a_street_photo_is_in_any_answer_to_a_case_worker(story: Story):
    planted = plant_markers(story)
    story.approve()
    search = story.search()
    assert search["candidates"][0]["quality_reasons"] == ["blurred"]
    released(story, search["candidates"][0]["id"], story.supervisor)
    paths = ["", "/searches", f"/searches/{search['id']}", "/candidates", "/references"]
    answers = [json.dumps(search)] + [story.worker.get(story.url + path).text for path in paths]
    answers += [story.worker.get(path).text for path in ("/v1/cases", "/v1/alerts", "/v1/me")]
    for marker in planted:
        assert not [answer for answer in answers if marker in answer], marker


def test_what_is_expected_by_chance_is_counted_with_twenty_references_of_other_cases(story: Story):
    for seed in range(10):
        story.world.add_case(strangers(2, DIMENSION, 100 + seed))
    story.approve()
    answer = story.search()
    figure = answer["expected_false_candidates"]
    assert figure == round(figure, 2)
    assert 0 < figure <= 20
    assert answer["expected_false_reason"] is None


def test_a_reference_of_another_pack_is_not_compared(story: Story):
    story.approve()
    with story.service.database.writing() as session:
        chosen = select(Face.id).where(Face.reference_id.in_(story.references))
        for template in session.scalars(select(Template).where(Template.face_id.in_(chosen))):
            template.pack_id = "another"
    answer = story.worker.post(f"{story.url}/searches", json={"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (500, "foreign_pack")
    assert story.stored(Search) == 0


def test_a_removed_reference_is_no_longer_searched_with_nor_named(story: Story):
    story.approve()
    before = story.search()
    assert story.worker.delete(f"{story.url}/references/{story.references[0]}").status_code == 204
    again = story.worker.get(f"{story.url}/searches/{before['id']}").json()["candidates"]
    assert again[0]["reference"] is None
    named = {each["reference"]["id"] for each in story.search()["candidates"]}
    assert named == {str(story.references[1])}
    assert story.stored(Reference) == 1
    assert story.stored(Case) == 1
    assert np.unique([each["rank"] for each in again]).size == 20


def test_searches_of_one_case_at_once_are_all_answered_and_find_the_same_candidates(story: Story):
    story.approve()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: story.search(), range(6)))
    assert len({tuple(each["id"] for each in answer["candidates"]) for answer in answers}) == 1
    assert (story.stored(Search), story.stored(Candidate)) == (6, 20)
