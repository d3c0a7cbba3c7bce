"""How the house runs, its people and erasures, as an admin sees them; and the log, as an auditor does."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.services.operation import photos_by_day
from indexer.retention import forecast
from models.audit import AuditEntry
from models.photo import PhotoState
from models.records import Candidate, Erasure, Installation, Invitation, Photo, Receipt, RetentionState, User
from models.session import Database
from models.types import now
from models.user import Role, UserState
from tests.app.conftest import Service
from tests.app.pages.conftest import Visitors
from tests.models.factories import make_case, make_face, make_photo, make_user


@pytest.fixture(autouse=True)
def _founded(database: Database) -> None:
    with database.writing() as session:
        session.add(Installation(retention_months=3, key_check="x"))


def test_counts_days_and_retention(service: Service, visit: Visitors):
    at = now()
    with service.database.writing() as session:
        make_photo(session)
        make_photo(session, state=PhotoState.DONE, uploaded_at=at - timedelta(days=2), done_at=at - timedelta(days=1))
        make_photo(session, state=PhotoState.DONE, uploaded_at=at - timedelta(days=70))
        make_photo(session, state=PhotoState.FAILED, reason="worker_crashed", uploaded_at=at - timedelta(days=100))
        wanted = make_photo(session, state=PhotoState.DONE, uploaded_at=at - timedelta(days=100))
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        session.add(Candidate(case_id=case.id, face_id=make_face(session, wanted).id, state="confirmed"))
    with service.database.reading() as session:
        days, kept = photos_by_day(session), forecast(session, at)
    assert len(days) == 31
    assert [(day.came, day.done) for day in days[-3:]] == [(1, 0), (0, 1), (1, 0)]
    assert sum(day.came for day in days) == 2
    assert (kept.past, kept.within_30, kept.within_90) == (1, 1, 2)
    page = visit(Role.ADMIN).see("/operations")
    assert "the job ended on it, three times" in page
    assert page.count('<rect class="came"') == 31


def test_what_is_announced_is_said_and_a_clock_that_jumped_is_believed_by_an_admin(service: Service, visit: Visitors):
    with service.database.writing() as session:
        make_photo(session, state=PhotoState.DONE, uploaded_at=now() - timedelta(days=100))
        until, day = now() - timedelta(days=95), now() + timedelta(days=3)
        session.add(RetentionState(id=1, seen_at=now(), announced_until=until, destroys_at=day))
    admin = visit(Role.ADMIN)
    assert "1 photo whose time is over is destroyed from" in admin.see("/operations")
    with service.database.writing() as session:
        session.get_one(RetentionState, 1).seen_at = now() - timedelta(days=9)
    assert "clock has jumped" in admin.see("/operations")
    assert admin.fill("/operations/clock").headers["location"] == "/operations"
    assert "clock has jumped" not in admin.see("/operations")


def test_failed_photos_are_tried_again_by_reason(service: Service, visit: Visitors):
    with service.database.writing() as session:
        photos = [make_photo(session) for _ in range(3)]
        for photo, reason in zip(photos, ("worker_crashed", "worker_crashed", "pack_failed"), strict=True):
            photo.fail(reason)
    admin = visit(Role.ADMIN)
    assert admin.fill("/operations/retry", {"reason": "pack_failed"}).headers["location"] == "/operations"
    with service.database.reading() as session:
        states = [session.get_one(Photo, photo.id).state for photo in photos]
        acts = list(session.scalars(select(AuditEntry.object_id).where(AuditEntry.action == "photo.retry")))
    assert (states, acts) == (["failed", "failed", "pending"], [str(photos[2].id)])
    admin.fill("/operations/retry")
    assert "No photo failed" in admin.see("/operations")


def test_an_invitation_is_shown_once_and_revoked(service: Service, visit: Visitors):
    admin = visit(Role.ADMIN)
    made = admin.fill("/operations/accounts/invite", {"role": "reviewer", "note": "For Rita"})
    link = re.search(r"/accept\?invitation=hwi_\w+", made.text)
    assert link is not None
    assert link[0].split("=")[1] in visit().see(link[0])
    page = admin.see("/operations/accounts")
    assert "For Rita" in page
    assert "hwi_" not in page
    with service.database.reading() as session:
        (invitation,) = session.scalars(select(Invitation).where(Invitation.note == "For Rita"))
    admin.fill(f"/operations/accounts/invitations/{invitation.id}/revoke")
    assert "For Rita" not in admin.see("/operations/accounts")
    wrong = admin.fill("/operations/accounts/invite", {"role": "reviewer", "note": "x" * 201})
    assert (wrong.status_code, "cannot be used as it is" in wrong.text) == (422, True)


def test_accounts_are_disabled_and_keys_renewed(service: Service, visit: Visitors):
    volunteer, admin = service.sign_in(Role.VOLUNTEER), visit(Role.ADMIN)
    made = admin.fill(f"/operations/accounts/{volunteer.user.id}/key")
    key = re.search(r"hwv_\w+", made.text)
    assert key is not None
    assert service.client(key[0]).get("/v1/me").status_code == 200
    assert volunteer.get("/v1/me").status_code == 401
    admin.fill(f"/operations/accounts/{volunteer.user.id}/disable")
    assert service.client(key[0]).get("/v1/me").status_code == 401
    assert admin.user is not None
    last = admin.fill(f"/operations/accounts/{admin.user.id}/disable")
    assert (last.status_code, "This is the last active admin" in last.text) == (409, True)
    with service.database.reading() as session:
        assert session.get_one(User, volunteer.user.id).state is UserState.DISABLED


def test_an_erasure_is_proposed_by_the_volunteers_id(service: Service, visit: Visitors):
    admin = visit(Role.ADMIN)
    with service.database.writing() as session:
        photo = make_photo(session, state=PhotoState.DONE)
        receipt = Receipt(uploader_id=make_user(session).id, photo_id=photo.id)
        session.add(receipt)
    unknown = admin.fill("/operations/erasures", {"photo_id": str(photo.id), "reason": "Asked for"})
    assert (unknown.status_code, "There is no such" in unknown.text, "Asked for" in unknown.text) == (422, True, True)
    wrong = admin.fill("/operations/erasures", {"photo_id": "7", "reason": "Asked for"})
    assert (wrong.status_code, 'value="7"' in wrong.text) == (422, True)
    admin.fill("/operations/erasures", {"photo_id": str(receipt.id), "reason": "Asked for"})
    assert "waits for a supervisor" in admin.see("/operations/erasures")
    with service.database.reading() as session:
        (erasure,) = session.scalars(select(Erasure))
    assert (erasure.receipt_id, erasure.reason) == (receipt.id, "Asked for")


def test_the_log_is_read_narrowed_and_verified(service: Service, visit: Visitors):
    auditor = visit(Role.AUDITOR)
    service.sign_in(Role.REVIEWER)
    page = auditor.see("/audit")
    assert page.count("<code>session.start</code>") == 2
    narrowed = auditor.see("/audit?action=audit.read")
    assert ("<code>audit.read</code>" in narrowed, "<code>session.start</code>" in narrowed) == (True, False)
    assert "No row is like that" in auditor.see("/audit?object_id=nothing")
    chain = auditor.see("/audit/chain")
    anchor = re.search(r"(\d+):([0-9a-f]{64})", chain)
    assert anchor is not None
    assert "is as it was written" in chain
    assert "The anchor agrees" in auditor.see(f"/audit/chain?number={anchor[1]}&hash={anchor[2]}")
    assert "was tampered with" in auditor.see(f"/audit/chain?number={anchor[1]}&hash={'0' * 64}")


def test_a_long_log_has_pages(service: Service, visit: Visitors):
    for _ in range(60):
        service.sign_in(Role.REVIEWER)
    auditor = visit(Role.AUDITOR)
    first = auditor.see("/audit?action=session.start")
    more = re.search(r'href="(\?cursor=[^"]+)"', first)
    assert more is not None
    assert "action=session.start" in more[1]
    second = auditor.see(f"/audit{more[1]}")
    assert (first.count("session.start</code>"), second.count("session.start</code>")) == (50, 11)
