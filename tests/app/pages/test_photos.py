"""A volunteer sends photos by a plain form or our script, sees what became of them, and takes them back."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.pages.cookie import FORM_HEADER, SESSION_COOKIE
from models.photo import Photo, Receipt
from models.user import Role
from tests.app.conftest import Service
from tests.app.pages.conftest import Visit, Visitors
from tests.indexer.pictures import drawn_photo


def photo(number: int = 1) -> tuple[str, bytes, str]:
    return ("IMG_1.jpg", drawn_photo(number), "image/jpeg")


def ticket(browser: Visit) -> str:
    return str(browser.get("/photos/ticket").json()["form_token"])


def test_photos_are_sent_by_a_plain_form_and_shown_without_a_picture(service: Service, visit: Visitors):
    volunteer = visit(Role.VOLUNTEER)
    assert "You have sent no photo yet" in volunteer.see("/photos")
    files = [("file", photo(1)), ("file", photo(2))]
    answer = volunteer.fill("/photos", {"place": "Market", "apparent_age": "7"}, files=files)
    assert (answer.status_code, answer.headers["location"]) == (303, "/photos")
    page = volunteer.see("/photos")
    assert (page.count("waits</span>"), "Market" in page, '<img src="/static/sign.svg"' in page) == (2, False, True)
    assert page.count("<img") == 2  # our sign, and the empty one of the template
    with service.database.reading() as session:
        receipts = list(session.scalars(select(Receipt)))
    assert {receipt.uploader_id for receipt in receipts} == {volunteer.user.id if volunteer.user else None}


def test_what_is_no_photo_is_named_and_the_others_are_safe(service: Service, visit: Visitors):
    volunteer = visit(Role.VOLUNTEER)
    files = [("file", photo(3)), ("file", ("notes.jpg", b"no picture", "image/jpeg"))]
    answer = volunteer.fill("/photos", {"note": "Blue gate"}, files=files)
    assert (answer.status_code, "notes.jpg: The file is not a JPEG" in answer.text) == (422, True)
    assert ("IMG_1.jpg" in answer.text, "Blue gate" in answer.text) == (False, True)
    nothing = volunteer.fill("/photos", {"note": "Blue gate"})
    assert (nothing.status_code, "Choose at least one photo" in nothing.text) == (422, True)
    wrong = volunteer.fill("/photos", {"apparent_age": "300"}, files=[("file", photo(4))])
    assert (wrong.status_code, 'value="300"' in wrong.text) == (422, True)
    with service.database.reading() as session:
        assert len(list(session.scalars(select(Photo)))) == 1


def test_the_script_sends_with_a_fresh_ticket_and_is_answered_as_programs_are(service: Service, visit: Visitors):
    volunteer = visit(Role.VOLUNTEER)
    headers = {FORM_HEADER: ticket(volunteer)}
    sent = volunteer.post("/photos", headers=headers, files={"file": photo()}, data={"latitude": "1", "longitude": "2"})
    assert (sent.status_code, sent.json()["status"]) == (202, "pending")
    again = volunteer.post("/photos", headers=headers, files={"file": photo()})
    assert again.json()["id"] == sent.json()["id"]
    refused = volunteer.post("/photos", headers=headers, files={"file": ("a.jpg", b"", "image/jpeg")})
    assert (refused.status_code, refused.json()["code"]) == (422, "image_empty")
    half = volunteer.post("/photos", headers=headers, files={"file": photo()}, data={"latitude": "1"})
    assert half.status_code == 422
    foreign = volunteer.post("/photos", headers={FORM_HEADER: "0" * 64}, files={"file": photo()})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "form_foreign")
    volunteer.headers["Cookie"] = f"{SESSION_COOKIE}=hwv_ended"
    ended = volunteer.post("/photos", headers=headers, files={"file": photo()})
    assert (ended.status_code, ended.json()["code"]) == (401, "not_signed_in")


def test_a_photo_is_taken_back_by_whoever_sent_it_alone(service: Service, visit: Visitors):
    volunteer, other = visit(Role.VOLUNTEER), visit(Role.VOLUNTEER)
    sent = volunteer.post("/photos", headers={FORM_HEADER: ticket(volunteer)}, files={"file": photo()}).json()["id"]
    assert other.fill(f"/photos/{sent}/withdraw").status_code == 404
    assert volunteer.fill(f"/photos/{sent}/withdraw").headers["location"] == "/photos"
    assert "taken back" in volunteer.see("/photos")
    with service.database.reading() as session:
        assert list(session.scalars(select(Photo))) == []


def test_advice_is_in_the_readers_language_and_never_names_a_child(service: Service, visit: Visitors):
    volunteer = visit(Role.VOLUNTEER)
    sent = volunteer.post("/photos", headers={FORM_HEADER: ticket(volunteer)}, files={"file": photo()}).json()["id"]
    with service.database.writing() as session:
        receipt = session.get_one(Receipt, UUID(sent))
        kept = session.get_one(Photo, receipt.photo_id)
        kept.finish(0, "no_face")
        kept.done_at = kept.uploaded_at = receipt.uploaded_at = kept.uploaded_at - timedelta(minutes=5)
    assert "No face was found: a closer photo" in volunteer.see("/photos")


def test_danger_shows_the_operators_words_and_promises_nothing(visit: Visitors):
    volunteer = visit(Role.VOLUNTEER)
    page = volunteer.see("/photos/danger")
    assert "Call the police" in page
    assert "cannot send help" in page


def test_what_a_phone_keeps_for_later_is_nobodys(visit: Visitors):
    volunteer = visit(Role.VOLUNTEER)
    shell = volunteer.see("/photos/shell")
    assert volunteer.user is not None
    assert volunteer.user.name not in shell
    assert ticket(volunteer) not in shell
    worker = volunteer.get("/photos-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
