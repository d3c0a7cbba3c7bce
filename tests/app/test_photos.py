"""A volunteer's photos over HTTP: sent, seen again, taken back; and what nobody may learn from an answer."""

from datetime import timedelta
from tempfile import SpooledTemporaryFile
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update

from app.services.photos import SETTLES
from indexer.erasure import destroy_photo
from models.face import QualityClass
from models.photo import Photo, Receipt
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.indexer.pictures import drawn_photo, jpeg
from tests.models.factories import make_face

NO_FACE = "No face was found: a closer photo that shows a face from the front would help."


def send(client: httpx.Client, data: bytes, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
    return client.post("/v1/photos", data=fields, files={"file": ("photo", data)}, headers=headers or {})


def photo_of(service: Service, receipt_id: str) -> Photo:
    with service.database.reading() as session:
        receipt = session.get_one(Receipt, UUID(receipt_id))
        return session.get_one(Photo, receipt.photo_id)


def settle(service: Service) -> None:
    """As if every upload so far had been made a while ago."""
    with service.database.writing() as session:
        for record in (Receipt, Photo):
            for each in session.scalars(select(record)):
                each.uploaded_at -= 2 * SETTLES
        for photo in session.scalars(select(Photo).where(Photo.done_at.is_not(None))):
            photo.done_at -= 2 * SETTLES


def work(service: Service, receipt_id: str, *reasons: list[str], photo_reason: str | None = None) -> None:
    """As the worker leaves a photo: one face for each list of reasons."""
    with service.database.writing() as session:
        photo = session.get_one(Photo, photo_of(service, receipt_id).id)
        for face_reasons in reasons:
            make_face(session, photo, quality={"reasons": face_reasons}, quality_class=QualityClass.LOW)
        photo.finish(len(reasons), photo_reason)


def seen(client: AccountClient, receipt_id: str) -> dict[str, object]:
    return client.get(f"/v1/photos/{receipt_id}").raise_for_status().json()


def test_an_upload_is_accepted_and_pending(service: Service):
    client = service.sign_in(Role.VOLUNTEER)
    answer = send(client, drawn_photo(), place="Markt 3", latitude="1.5", longitude="2.5", note="two boys")
    assert answer.status_code == 202
    body = answer.json()
    assert set(body) == {"id", "status", "faces_found", "reasons", "uploaded_at"}
    assert (body["status"], body["faces_found"], body["reasons"]) == ("pending", None, [])
    assert photo_of(service, body["id"]).state == "pending"


def test_faces_and_what_would_help_are_told_once_each(service: Service):
    client = service.sign_in(Role.VOLUNTEER)
    sent = send(client, drawn_photo()).json()["id"]
    work(service, sent, ["blurred"], ["blurred", "small"], [])
    settle(service)
    body = seen(client, sent)
    assert (body["status"], body["faces_found"]) == ("processed", 3)
    assert [words.split(":")[0] for words in body["reasons"]] == [
        "The face is blurred",
        "The face is small in the picture",
    ]


def test_a_failed_photo_says_so_without_a_code(service: Service):
    client = service.sign_in(Role.VOLUNTEER)
    sent = send(client, drawn_photo()).json()["id"]
    with service.database.writing() as session:
        session.get_one(Photo, photo_of(service, sent).id).fail("worker_crashed")
    settle(service)
    body = seen(client, sent)
    assert (body["status"], body["faces_found"]) == ("failed", None)
    assert "worker_crashed" not in str(body)


def test_a_photo_that_was_known_answers_as_a_new_one_would(service: Service):
    first, second = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    old = send(first, drawn_photo()).json()["id"]
    work(service, old, [])
    settle(service)
    new = send(second, drawn_photo()).json()
    assert (new["id"] != old, new["status"]) == (True, "pending")
    assert seen(second, new["id"])["status"] == "pending"
    waiting = send(first, drawn_photo(1)).json()["id"]  # sent earlier than the next, so the next waits for it
    third = service.sign_in(Role.VOLUNTEER)
    joined = send(third, drawn_photo()).json()["id"]
    settle(service)
    assert seen(third, joined)["status"] == "pending"
    work(service, waiting)
    assert (seen(third, joined)["status"], seen(third, joined)["faces_found"]) == ("processed", 1)


def test_an_erased_photo_that_comes_again_looks_like_one_without_a_face(service: Service):
    first, second = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    old = send(first, drawn_photo()).json()["id"]
    with service.database.writing() as session:
        destroy_photo(session, session.get_one(Photo, photo_of(service, old).id), keep_away=True)
    again, faceless = (send(second, drawn_photo(seed)).json()["id"] for seed in (0, 1))
    work(service, faceless, photo_reason="no_face")
    settle(service)
    unlike = {"id", "uploaded_at"}
    shown = [{k: v for k, v in seen(second, each).items() if k not in unlike} for each in (again, faceless)]
    assert shown[0] == shown[1] == {"status": "processed", "faces_found": 0, "reasons": [NO_FACE]}


def test_the_list_is_ones_own_and_newest_first(service: Service):
    client, other = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    sent = [send(client, drawn_photo(seed)).json()["id"] for seed in range(3)]
    send(other, drawn_photo(9))
    page = client.get("/v1/photos", params={"limit": 2}).json()
    rest = client.get("/v1/photos", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [item["id"] for item in page["items"] + rest["items"]] == sent[::-1]
    assert rest["next_cursor"] is None


def test_foreign_and_absent_photos_give_the_same_answer(service: Service):
    owner, other = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    sent = send(owner, drawn_photo()).json()["id"]
    for method in ("GET", "DELETE"):
        answers = [other.request(method, f"/v1/photos/{each}") for each in (sent, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert seen(owner, sent)["status"] == "pending"


def test_a_photo_is_taken_back_once_and_for_all(service: Service):
    client = service.sign_in(Role.VOLUNTEER)
    sent = send(client, drawn_photo()).json()["id"]
    assert [client.delete(f"/v1/photos/{sent}").status_code for _ in range(2)] == [204, 204]
    assert seen(client, sent)["status"] == "withdrawn"
    assert send(client, drawn_photo()).json()["status"] == "withdrawn"
    with service.database.reading() as session:
        assert session.scalars(select(Photo)).all() == []


@pytest.mark.parametrize("days_from_now", [2, -14000, -40000, 300000])
def test_a_time_that_cannot_be_true_is_refused_with_words(service: Service, days_from_now: int):
    taken_at = (now() + timedelta(days=days_from_now)).isoformat()
    answer = send(service.sign_in(Role.VOLUNTEER), drawn_photo(), taken_at=taken_at)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    [fault] = answer.json()["faults"]
    assert fault["where"] == "body.taken_at"
    assert "in the future or before 1990" in fault["what"]
    with service.database.reading() as session:
        assert session.scalars(select(Receipt)).all() == []


@pytest.mark.parametrize("hours_from_now", [20, -24 * 365 * 30])
def test_a_clock_that_is_ahead_or_an_old_photo_is_taken_as_said(service: Service, hours_from_now: int):
    taken_at = (now() + timedelta(hours=hours_from_now)).isoformat()
    assert send(service.sign_in(Role.VOLUNTEER), drawn_photo(), taken_at=taken_at).status_code == 202


@pytest.mark.parametrize(
    ("data", "fields", "status", "code"),
    [
        (b"only text", {}, 415, "image_type_unsupported"),
        (b"", {}, 422, "image_empty"),
        (drawn_photo()[:2000], {}, 422, "image_corrupt"),
        (drawn_photo(), {"latitude": "1"}, 422, "request_invalid"),
        (drawn_photo(), {"latitude": "91", "longitude": "0"}, 422, "request_invalid"),
        (drawn_photo(), {"latitude": "nan", "longitude": "0"}, 422, "request_invalid"),
        (drawn_photo(), {"uploader": "me"}, 422, "request_invalid"),
        (drawn_photo(), {"note": "x" * 2001}, 422, "request_invalid"),
    ],
)
def test_a_bad_upload_is_a_clear_problem_and_leaves_nothing(
    service: Service, data: bytes, fields: dict[str, str], status: int, code: str
):
    answer = send(service.sign_in(Role.VOLUNTEER), data, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with service.database.reading() as session:
        assert session.scalars(select(Receipt)).all() == []
    assert list(service.house.context.store.names()) == []


def test_a_large_photo_is_never_written_in_the_clear(service: Service, monkeypatch: pytest.MonkeyPatch):
    written: list[object] = []
    monkeypatch.setattr(SpooledTemporaryFile, "rollover", written.append)
    noise = np.random.default_rng(0).integers(0, 255, (900, 1200, 3), np.uint8)
    large = jpeg(Image.fromarray(noise), quality=95)
    assert len(large) > 2**20  # where Starlette would begin a file
    assert send(service.sign_in(Role.VOLUNTEER), large).status_code == 202
    assert written == []


def test_a_file_over_the_limit_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service.house, "settings", service.house.settings.model_copy(update={"max_upload_bytes": 1024}))
    answer = send(service.sign_in(Role.VOLUNTEER), drawn_photo())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_an_idempotency_key_gives_the_first_answer_and_refuses_another_photo(service: Service):
    client, key = service.sign_in(Role.VOLUNTEER), {"Idempotency-Key": "upload-0001"}
    answers = [send(client, drawn_photo(), key).content for _ in range(2)]
    assert answers[0] == answers[1]
    refused = send(client, drawn_photo(1), key)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VOLUNTEER])
def test_no_other_role_sends_or_sees_photos(service: Service, role: Role):
    client = service.sign_in(role)
    answers = [
        send(client, drawn_photo()),
        client.get("/v1/photos"),
        client.get(f"/v1/photos/{uuid4()}"),
        client.delete(f"/v1/photos/{uuid4()}"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


def test_an_upload_is_pending_for_a_while_even_when_it_is_done(service: Service):
    client = service.sign_in(Role.VOLUNTEER)
    sent = send(client, drawn_photo()).json()["id"]
    work(service, sent, [])
    assert seen(client, sent)["status"] == "pending"
    with service.database.writing() as session:
        session.execute(update(Receipt).values(uploaded_at=now() - SETTLES - timedelta(seconds=1)))
    assert seen(client, sent)["status"] == "processed"
