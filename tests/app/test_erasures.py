"""Erasures: an admin proposes and sees counts, a supervisor approves, and the photo is gone and kept away."""

from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from indexer.discards import sweep_discarded
from indexer.sealed_records import photo_key, seal_template
from models.candidate import CandidateState
from models.photo import PhotoState
from models.records import (
    Assignment,
    Candidate,
    Erasure,
    Face,
    GalleryChange,
    LedgerEntry,
    Photo,
    Receipt,
    Review,
    Template,
)
from models.template import ChangeKind, change_gallery
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.desk import Desk, at_once, refusal
from tests.indexer.gallery.synthetic import strangers
from tests.indexer.pictures import drawn_photo
from tests.indexer.worlds import DIMENSION, PACK_ID, World

WHY = "The family asked for it."


class Sent(Desk):
    """A photo that a volunteer sent over HTTP, with two faces as the worker leaves them, and a candidate in review."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.admin = service.sign_in(Role.ADMIN)
        self.sender = service.sign_in(Role.VOLUNTEER)
        self.bytes = drawn_photo()
        self.receipt = self.send(self.sender)
        self.photo_id = self.reading(lambda session: session.get_one(Receipt, UUID(self.receipt)).photo_id)
        self.writing(self._work)
        self.candidate = self.add_candidate(self.photo_id)

    def send(self, by: AccountClient) -> str:
        answer = by.post("/v1/photos", data={"note": "SECRET"}, files={"file": ("photo", self.bytes)})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def _work(self, session) -> None:
        World(self.service.database, self.context.keyring)
        photo = session.get_one(Photo, self.photo_id)
        key = photo_key(self.context.keyring, photo)
        self._faces(session, key, photo=photo)
        photo.finish(2, None)
        for face in session.scalars(select(Face).where(Face.photo_id == photo.id)):
            sealed = seal_template(key, strangers(1, DIMENSION, 1)[0], face.id, PACK_ID)
            session.add(Template(face_id=face.id, pack_id=PACK_ID, sealed=sealed))
            change_gallery(session, ChangeKind.ADD, face.id, PACK_ID)

    def propose(self, by: AccountClient | None = None, photo_id: str | None = None, reason: str = WHY):
        return (by or self.admin).post("/v1/erasures", json={"photo_id": photo_id or self.receipt, "reason": reason})

    def approve(self, erasure_id: str, by: AccountClient | None = None):
        return (by or self.supervisor).post(f"/v1/erasures/{erasure_id}/approve")

    def blobs(self) -> list[str]:
        """Of the photo and its crops, while they are needed."""

        def names(session) -> list[str]:
            photo = session.get_one(Photo, self.photo_id)
            crops = session.scalars(select(Face.crop_blob_name).where(Face.photo_id == self.photo_id))
            return [photo.blob_name, *crops]

        return self.reading(names)

    def left(self, blobs: list[str]) -> set[str]:
        """What the sweep, which the worker does, leaves of them."""
        sweep_discarded(self.context)
        return set(blobs) & set(self.context.store.names())


@pytest.fixture
def desk(service: Service) -> Sent:
    return Sent(service)


def counts(erasure: dict) -> tuple[int, int, int, int]:
    return erasure["uploads"], erasure["faces"], erasure["candidates"], erasure["candidates_at_work"]


def test_an_admin_proposes_and_sees_counts_and_no_more(desk: Sent):
    desk.send(desk.service.sign_in(Role.VOLUNTEER))
    desk.set_state(desk.candidate, "confirmed")
    proposed = desk.propose()
    assert proposed.status_code == 201
    erasure = proposed.json()
    assert counts(erasure) == (2, 2, 1, 1)
    assert set(erasure) == {
        *("id", "photo_id", "state", "reason", "proposed_by", "proposed_at", "approved_by", "approved_at"),
        *("uploads", "faces", "candidates", "candidates_at_work", "face_numbers"),
    }
    assert (erasure["photo_id"], erasure["state"], erasure["reason"]) == (desk.receipt, "proposed", WHY)
    listed = desk.admin.get("/v1/erasures")
    assert listed.json()["items"] == [erasure]
    for secret in (desk.photo_id, desk.candidate, desk.case_id, "SECRET"):
        assert str(secret) not in listed.text
    assert desk.acts("erasure.propose") == [(desk.admin.user.id, erasure["id"], WHY)]
    assert desk.alerts(UUID(erasure["id"])) == ["erasure_awaits_approval"]
    assert len(desk.blobs()) == desk.count(Photo, Photo.id == desk.photo_id) * 3


def test_when_a_supervisor_approves_everything_of_the_photo_is_gone(desk: Sent):
    blobs = desk.blobs()
    [reviewer] = desk.answered(desk.candidate, 2)
    held = desk.assign(desk.reviewer(), desk.candidate)
    erasure_id = desk.propose().json()["id"]
    assert desk.left(blobs) == set(blobs)
    erased = desk.approve(erasure_id)
    assert (erased.status_code, counts(erased.json()), erased.json()["state"]) == (200, (1, 2, 1, 1), "done")
    assert desk.left(blobs) == set()
    assert desk.count(Photo, Photo.id == desk.photo_id) == desk.count(Face, Face.photo_id.is_not(None)) == 0
    assert desk.count(Template) == 0
    assert desk.count(GalleryChange, GalleryChange.kind == ChangeKind.REMOVE) == 2
    gone = desk.reading(lambda session: session.get_one(Candidate, desk.candidate))
    assert (gone.state, gone.face_id) == (CandidateState.WITHDRAWN, None)
    assert desk.reading(lambda session: session.get_one(Assignment, UUID(held)).state) == "lapsed"
    [review] = desk.reading(lambda session: session.scalars(select(Review)).all())
    assert (review.answer, review.comment, review.reviewer_id) == (2, "", reviewer.user.id)
    assert desk.acts("erasure.approve") == [(desk.supervisor.user.id, erasure_id, "")]


def test_after_an_erasure_nothing_is_counted_that_belongs_to_others(desk: Sent):
    """Receipts of photos that are gone have no photo; neither have the faces of references."""
    other = desk.service.sign_in(Role.VOLUNTEER)
    photo_id = desk.add_photo()
    receipt = desk.add_receipt(photo_id, other.user)
    for proposed in (desk.receipt, str(receipt)):
        desk.approve(desk.propose(photo_id=proposed).json()["id"])
    assert desk.count(Receipt, Receipt.photo_id.is_(None)) == 3
    assert desk.count(Face, Face.reference_id.is_not(None)) == 2
    listed = desk.supervisor.get("/v1/erasures").json()["items"]
    assert [counts(each) for each in listed] == [(0, 0, 0, 0)] * 2
    assert counts(desk.propose().json()) == (0, 0, 0, 0)


def test_an_erasure_is_approved_once_and_by_another(desk: Sent):
    erasure_id = desk.propose().json()["id"]

    def proposed_by_supervisor(session) -> None:
        session.get_one(Erasure, UUID(erasure_id)).proposed_by = desk.supervisor.user.id

    desk.writing(proposed_by_supervisor)
    assert refusal(desk.approve(erasure_id)) == (403, "same_person")
    assert len(desk.blobs()) == 3
    second = desk.service.sign_in(Role.SUPERVISOR)
    assert desk.approve(erasure_id, second).status_code == 200
    assert refusal(desk.approve(erasure_id, second)) == (409, "wrong_state")
    assert refusal(desk.approve(str(uuid4()))) == (404, "not_found")
    assert len(desk.acts("erasure.approve")) == 1


def test_who_may_propose_see_and_approve(desk: Sent):
    erasure_id = desk.propose().json()["id"]
    for role in Role:
        client = desk.service.sign_in(role)
        assert (client.get("/v1/erasures").status_code == 200) == (role in (Role.ADMIN, Role.SUPERVISOR)), role
        if role is not Role.ADMIN:
            assert refusal(desk.propose(client)) == (403, "not_allowed"), role
        if role is not Role.SUPERVISOR:
            assert refusal(desk.approve(erasure_id, client)) == (403, "not_allowed"), role
    assert len(desk.blobs()) == 3


def test_a_proposal_names_a_photo_as_its_volunteer_knows_it_and_a_reason(desk: Sent):
    for photo_id in (str(desk.photo_id), str(uuid4())):
        assert refusal(desk.propose(photo_id=photo_id)) == (404, "not_found")
    for reason in ("", " ", "x" * 501):
        assert refusal(desk.propose(reason=reason)) == (422, "request_invalid")
    assert desk.count(Erasure) == 0


def test_a_photo_withdrawn_while_people_work_on_it_is_decided_here(desk: Sent):
    desk.answered(desk.candidate, 2)
    assert desk.sender.delete(f"/v1/photos/{desk.receipt}").status_code == 204
    assert desk.reading(lambda session: session.get_one(Photo, desk.photo_id).state) is PhotoState.HIDDEN
    assert refusal(desk.take(desk.reviewer())) == (404, "nothing_to_review")
    [erasure] = desk.supervisor.get("/v1/erasures").json()["items"]
    assert (erasure["state"], erasure["proposed_by"], counts(erasure)) == ("proposed", None, (1, 2, 1, 1))
    blobs = desk.blobs()
    assert desk.approve(erasure["id"]).status_code == 200
    assert desk.left(blobs) == set()
    assert desk.state(desk.candidate) is CandidateState.WITHDRAWN


def withdrawn_under_review(desk: Sent) -> str:
    """The erasure that a supervisor is asked for."""
    desk.set_state(desk.candidate, "in_review")
    assert desk.sender.delete(f"/v1/photos/{desk.receipt}").status_code == 204
    [erasure] = desk.supervisor.get("/v1/erasures").json()["items"]
    return erasure["id"]


def test_a_withdrawal_that_a_supervisor_approved_keeps_nobodys_photo_out(desk: Sent):
    assert desk.approve(withdrawn_under_review(desk)).status_code == 200
    assert desk.reading(lambda session: session.scalars(select(LedgerEntry.kind)).all()) == ["withdrawn"]
    other = desk.send(desk.service.sign_in(Role.VOLUNTEER))
    assert desk.reading(lambda session: session.get_one(Receipt, UUID(other)).photo_id) is not None
    assert desk.count(Photo) == 1


def test_what_a_volunteer_withdrew_stays_withdrawn_when_they_send_it_again(desk: Sent):
    desk.approve(withdrawn_under_review(desk))
    again = desk.sender.post("/v1/photos", files={"file": ("photo", desk.bytes)})
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (202, desk.receipt, "withdrawn")
    assert desk.count(Photo) == 0


def test_a_withdrawal_cannot_be_approved_once_another_volunteer_sent_the_photo(desk: Sent):
    erasure_id = withdrawn_under_review(desk)
    desk.send(desk.service.sign_in(Role.VOLUNTEER))
    assert refusal(desk.approve(erasure_id)) == (409, "wrong_state")
    assert len(desk.blobs()) == 3
    assert desk.taken(desk.reviewer()) == desk.candidate


def test_an_erasure_proposed_before_the_withdrawal_still_keeps_the_photo_away(desk: Sent):
    erasure_id = desk.propose().json()["id"]
    desk.set_state(desk.candidate, "open")
    assert desk.sender.delete(f"/v1/photos/{desk.receipt}").status_code == 204
    assert desk.approve(erasure_id).status_code == 200
    receipt = desk.send(desk.service.sign_in(Role.VOLUNTEER))
    assert desk.reading(lambda session: session.get_one(Receipt, UUID(receipt)).photo_id) is None


def test_a_list_of_erasures_asks_the_database_as_often_as_a_list_of_one(desk: Sent):
    desk.propose()
    assert questions(desk) == (1, 3)
    for _ in range(3):
        desk.propose()
    assert questions(desk) == (4, 3)


def questions(desk: Sent) -> tuple[int, int]:
    """Of one list: how many erasures came, each with its counts, and how often the database was asked about them."""
    asked: list[str] = []

    def hear(_connection, _cursor, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(desk.service.database.engine, "before_cursor_execute", hear)
    items = desk.admin.get("/v1/erasures").json()["items"]
    event.remove(desk.service.database.engine, "before_cursor_execute", hear)
    assert [counts(each) for each in items] == [(1, 2, 1, 0)] * len(items)
    about = ("FROM erasures", "FROM receipts", "FROM faces", "FROM candidates")
    return len(items), sum(any(table in statement for table in about) for statement in asked)


def test_a_photo_that_was_erased_is_kept_away(desk: Sent):
    desk.approve(desk.propose().json()["id"])
    receipt = desk.send(desk.service.sign_in(Role.VOLUNTEER))
    assert desk.reading(lambda session: session.get_one(Receipt, UUID(receipt)).photo_id) is None
    assert desk.count(Photo) == 0
    assert desk.left(["photos/" + str(desk.photo_id)]) == set()


def test_a_released_candidate_of_an_erased_photo_shows_nothing_more(desk: Sent):
    desk.set_state(desk.candidate, "released")
    desk.approve(desk.propose().json()["id"])
    for number in (0, 1, 1000):
        refused = desk.supervisor.get(f"/v1/candidates/{desk.candidate}/faces/{number}")
        assert refusal(refused) == (404, "not_found")


def test_a_withdrawal_and_an_approval_at_once_do_not_wait_for_each_other_for_ever(desk: Sent):
    """Nor do an answer and an approval, whoever is first."""
    [reviewer] = [desk.reviewer()]
    held = desk.assign(reviewer, desk.candidate)
    erasure_id = desk.propose().json()["id"]
    approved, withdrawn, said = at_once(
        partial(desk.approve, erasure_id),
        partial(desk.sender.delete, f"/v1/photos/{desk.receipt}"),
        partial(desk.say, reviewer, held, answer=2),
    )
    assert (approved.status_code, withdrawn.status_code) == (200, 204), (approved.text, withdrawn.text)
    assert said.status_code in {200, 409}
    assert desk.count(Photo) == 0
    assert desk.state(desk.candidate) is CandidateState.WITHDRAWN
