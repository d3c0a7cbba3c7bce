"""One person is erased from a photo that shows another: what goes, what stays, and under which key."""

from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from indexer.discards import sweep_discarded
from indexer.errors import SealBroken
from indexer.images import BLANK_GREY, decode_crop
from indexer.redacting import prepare_redaction, redact
from indexer.sealed_records import (
    about_crop,
    about_exif,
    about_photo,
    about_receipt,
    photo_key,
    seal_template,
    unseal_json,
    unseal_template,
)
from indexer.sealing import unseal
from indexer.withdrawal import withdraw
from models.actor import Actor
from models.candidate import CandidateState
from models.errors import WrongState
from models.photo import PhotoState
from models.records import Case, Erasure, Face, GalleryChange, LedgerEntry, Photo, Receipt, Template
from models.template import ChangeKind, change_gallery
from models.types import now
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import FIRST, SECOND, Desk, pixels_of, refusal
from tests.indexer.gallery.synthetic import strangers
from tests.indexer.worlds import DIMENSION, PACK_ID
from tests.models.factories import make_candidate

STAYS, GOES = 0, 1
LOOK = strangers(1, DIMENSION, 1)[0]


class Shared(Desk):
    """A photo of two people, both enrolled, both candidates; an admin proposed to erase it."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.admin = service.sign_in(Role.ADMIN)
        self.photo_id = self.add_photo(camera={"taken_at": "2024-05-06T07:08:09"}, note="SECRET")
        self.receipt = self.reading(lambda session: session.scalars(select(Receipt.id)).one())
        self.writing(self._enrol)
        asked = {"photo_id": str(self.receipt), "reason": "The girl on the right"}
        self.erasure = self.admin.post("/v1/erasures", json=asked).json()["id"]
        self.url = f"/v1/erasures/{self.erasure}"

    def _enrol(self, session) -> None:
        key = photo_key(self.context.keyring, session.get_one(Photo, self.photo_id))
        self.candidates = []
        for face in session.scalars(select(Face).where(Face.photo_id == self.photo_id).order_by(Face.number)):
            session.add(Template(face_id=face.id, pack_id=PACK_ID, sealed=seal_template(key, LOOK, face.id, PACK_ID)))
            change_gallery(session, ChangeKind.ADD, face.id, PACK_ID)
            self.candidates.append(make_candidate(session, session.get_one(Case, UUID(self.case_id)), face).id)

    def photo(self) -> Photo:
        return self.reading(lambda session: session.get_one(Photo, self.photo_id))

    def faces(self) -> list[Face]:
        return self.reading(lambda session: list(session.scalars(select(Face).where(Face.photo_id == self.photo_id))))

    def names(self) -> set[str]:
        return {self.photo().blob_name, *(face.crop_blob_name for face in self.faces())}

    def stored(self, name: str, about: str, key: bytes | None = None) -> np.ndarray:
        key = key or photo_key(self.context.keyring, self.photo())
        return decode_crop(unseal(key, self.context.store.get(name), about))

    def approve(self, *faces: int):
        return self.supervisor.post(f"{self.url}/approve", json={"faces": list(faces)})


@pytest.fixture
def desk(service: Service) -> Shared:
    return Shared(service)


def middle(picture: np.ndarray, box: tuple[float, ...]) -> list[int]:
    left, top, right, bottom = box
    return picture[int(top + bottom) // 2, int(left + right) // 2].tolist()


def test_the_person_is_grey_and_everything_left_is_sealed_anew(desk: Shared):
    before, names, old_key = desk.photo(), desk.names(), photo_key(desk.context.keyring, desk.photo())
    [kept] = [face for face in desk.faces() if face.number == STAYS]
    red = middle(desk.stored(before.blob_name, about_photo(desk.photo_id)), FIRST)
    old_crop = desk.stored(kept.crop_blob_name, about_crop(kept.crop_blob_name))
    assert desk.approve(GOES).status_code == 200
    photo, [face] = desk.photo(), desk.faces()
    assert (photo.wrapped_key != before.wrapped_key, desk.names() & names) == (True, set())
    picture = desk.stored(photo.blob_name, about_photo(photo.id))
    assert np.abs(np.subtract(middle(picture, FIRST), red)).max() < 12
    left, top, right, bottom = (int(edge) for edge in SECOND)
    assert np.abs(picture[top:bottom, left:right].astype(int) - BLANK_GREY).max() < 8
    crop = desk.stored(face.crop_blob_name, about_crop(face.crop_blob_name))
    assert crop.shape == old_crop.shape  # its landmarks hold
    edge = round(face.crop_box[2] - face.crop_box[0])
    assert np.abs(crop[40:80, edge - 8 : edge].astype(int) - BLANK_GREY).max() < 8  # a part of her was in it
    assert np.abs(old_crop[40:80, edge - 8 : edge].astype(int) - BLANK_GREY).max() > 40
    key = photo_key(desk.context.keyring, photo)
    assert unseal_json(key, photo.sealed_exif, about_exif(photo.id))["taken_at"] == "2024-05-06T07:08:09"
    receipt = desk.reading(lambda session: session.get_one(Receipt, desk.receipt))
    assert unseal_json(key, receipt.sealed_details, about_receipt(receipt.id)) == {"note": "SECRET"}
    [template] = desk.reading(lambda session: session.scalars(select(Template)).all())
    assert template.face_id == face.id
    assert np.array_equal(unseal_template(key, template.sealed, face.id, PACK_ID), LOOK)
    with pytest.raises(SealBroken):
        desk.stored(photo.blob_name, about_photo(photo.id), old_key)
    sweep_discarded(desk.context)
    assert names & set(desk.context.store.names()) == set()
    assert desk.names() <= set(desk.context.store.names())


def test_only_what_belongs_to_the_person_ends(desk: Shared):
    answer = desk.approve(GOES).json()
    assert (answer["state"], answer["faces"], answer["face_numbers"]) == ("done", 2, [])
    assert [face.number for face in desk.faces()] == [STAYS]
    assert desk.state(desk.candidates[STAYS]) is CandidateState.OPEN
    assert desk.state(desk.candidates[GOES]) is CandidateState.WITHDRAWN
    assert desk.count(GalleryChange, GalleryChange.kind == ChangeKind.REMOVE) == 1
    assert desk.photo().state is PhotoState.DONE
    [record] = desk.acts("erasure.approve")
    assert record == (desk.supervisor.user.id, desk.erasure, f"faces {GOES}")
    assert desk.count(LedgerEntry, LedgerEntry.photo_id == desk.photo_id, LedgerEntry.kind == "digest") == 1
    assert refusal(desk.approve(STAYS)) == (409, "wrong_state")


def test_where_nobody_else_is_in_it_the_photo_goes(desk: Shared):
    assert desk.approve(STAYS, GOES).status_code == 200
    assert desk.count(Photo, Photo.id == desk.photo_id) == 0


def test_a_supervisor_sees_whom_and_each_look_is_on_record(desk: Shared):
    listed = desk.supervisor.get("/v1/erasures").json()["items"][0]
    assert listed["face_numbers"] == [STAYS, GOES]
    seen = desk.supervisor.get(f"{desk.url}/faces/{GOES}")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    green = pixels_of(seen)
    assert green[green.shape[0] // 2, green.shape[1] // 2, 1] > 150
    assert desk.acts("erasure.look") == [(desk.supervisor.user.id, desk.erasure, f"face {GOES}")]
    assert refusal(desk.supervisor.get(f"{desk.url}/faces/2")) == (404, "not_found")
    assert refusal(desk.admin.get(f"{desk.url}/faces/{GOES}")) == (403, "not_allowed")
    desk.approve(GOES)
    assert refusal(desk.supervisor.get(f"{desk.url}/faces/{STAYS}")) == (404, "not_found")  # decided: no more looks


def test_what_makes_no_sense_is_refused_and_nothing_is_lost(desk: Shared):
    names = desk.names()
    assert refusal(desk.approve(7)) == (422, "face_number_unknown")
    assert desk.supervisor.post(f"{desk.url}/approve", json={"faces": ["x"]}).status_code == 422
    assert desk.names() == names
    desk.writing(lambda session: session.get_one(Photo, desk.photo_id).retry(now()))
    assert refusal(desk.approve(GOES)) == (409, "wrong_state")
    assert desk.supervisor.get("/v1/erasures").json()["items"][0]["state"] == "proposed"


def test_a_withdrawal_is_of_the_whole_photo(desk: Shared):
    desk.set_state(desk.candidates[STAYS], "confirmed")
    desk.writing(
        lambda session: withdraw(session, Actor(desk.volunteer, "test"), session.get_one(Receipt, desk.receipt))
    )
    query = select(Erasure.id).where(Erasure.proposed_by == desk.volunteer.id)
    withdrawal = desk.reading(lambda session: session.scalars(query).one())
    refused = desk.supervisor.post(f"/v1/erasures/{withdrawal}/approve", json={"faces": [GOES]})
    assert refusal(refused) == (409, "wrong_state")
    assert refusal(desk.supervisor.get(f"/v1/erasures/{withdrawal}/faces/{GOES}")) == (404, "not_found")


def test_of_two_at_once_the_second_starts_from_what_the_first_left(desk: Shared):
    first = prepare_redaction(desk.context, desk.photo_id, [GOES])
    late = prepare_redaction(desk.context, desk.photo_id, [STAYS])
    desk.writing(lambda session: redact(session, desk.context, first))
    with pytest.raises(WrongState, match="changed since"):
        desk.writing(lambda session: redact(session, desk.context, late))
    assert [face.number for face in desk.faces()] == [STAYS]


def test_a_crash_before_the_commit_leaves_the_photo_and_rubbish_that_is_swept(desk: Shared):
    names = desk.names()
    made = prepare_redaction(desk.context, desk.photo_id, [GOES])
    with pytest.raises(ZeroDivisionError), desk.service.database.writing() as session:
        redact(session, desk.context, made)
        raise ZeroDivisionError
    assert desk.names() == names
    assert names <= set(desk.context.store.names())
