"""What those who run the house read: alerts, counts, the audit log, health."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from app.services.overview import FILING_LIMIT
from indexer.daily_batch import last_batch
from indexer.messages.outbox import MOST_TRIES
from models.alert import Alert, AlertKind
from models.message import Channel, Message
from models.photo import PhotoState
from models.records import Authority
from models.template import ChangeKind, change_gallery
from models.types import now
from models.user import Role
from tests.app.conftest import Service, running
from tests.models.factories import make_face, make_photo


def test_a_case_worker_sees_their_own_alerts_of_before_the_daily_batch(service: Service):
    worker, other = service.sign_in(Role.CASE_WORKER), service.sign_in(Role.CASE_WORKER)
    batch = last_batch(service.house.settings.batch_hour_utc, now())
    with service.database.writing() as session:
        for user, at in [
            (worker, batch - timedelta(hours=1)),
            (worker, batch + timedelta(seconds=1)),
            (other, batch - timedelta(days=1)),
        ]:
            row = {"kind": AlertKind.CASE_APPROVED, "object_type": "case", "object_id": at.isoformat(), "at": at}
            session.add(Alert(user_id=user.user.id, **row))
    [seen] = worker.get("/v1/alerts").json()["items"]
    assert seen["object_id"] == (batch - timedelta(hours=1)).isoformat()
    assert service.sign_in(Role.SUPERVISOR).get("/v1/alerts").json()["items"] == []


@pytest.mark.parametrize(
    ("at", "batch_day"), [(datetime(2026, 3, 2, 5, 59, tzinfo=UTC), 1), (datetime(2026, 3, 2, 6, tzinfo=UTC), 2)]
)
def test_the_batch_of_a_day_begins_at_its_hour(at: datetime, batch_day: int):
    assert last_batch(6, at) == datetime(2026, 3, batch_day, 6, tzinfo=UTC)


def test_statistics_count_photos_by_state_and_reason_and_warn_of_many_faces(service: Service, monkeypatch):
    with service.database.writing() as session:
        old = make_photo(session, uploaded_at=now() - timedelta(minutes=5))
        make_photo(session)
        make_photo(session, state=PhotoState.FAILED, reason="worker_crashed")
        done = make_photo(session, state=PhotoState.DONE, reason="no_face")
        face = make_face(session, done)
        change_gallery(session, ChangeKind.ADD, face.id, "p" * 64)
        assert old.state is PhotoState.PENDING
        for tries in (MOST_TRIES - 1, MOST_TRIES):
            about = {"kind": AlertKind.CANDIDATES_FOUND, "count": 1, "day": now().date()}
            session.add(Message(channel=Channel.MAIL, tries=tries, **about))
    admin = service.sign_in(Role.ADMIN)
    stats = admin.get("/v1/stats").json()
    assert stats["photos_by_state"] == {"pending": 2, "claimed": 0, "done": 1, "failed": 1, "hidden": 0}
    assert stats["photos_by_reason"] == {"worker_crashed": 1, "no_face": 1}
    assert stats["queue"]["waiting"] == 2
    assert 300 <= stats["queue"]["oldest_seconds"] < 400
    assert stats["faces"] == 1
    assert stats["messages_given_up"] == 1
    assert stats["filing"] == {"limit": FILING_LIMIT, "stored_faces": 1, "near": False}
    monkeypatch.setattr("app.services.overview.FILING_LIMIT", 1)
    assert admin.get("/v1/stats").json()["filing"] == {"limit": 1, "stored_faces": 1, "near": True}
    gallery = admin.get("/v1/gallery").json()
    assert (gallery["ready"], gallery["newest_change"], gallery["lag"]) == (False, 1, 1)
    assert admin.get("/v1/packs").json() == {"items": []}


def test_reading_the_audit_log_is_an_act_in_it(service: Service):
    auditor = service.sign_in(Role.AUDITOR)
    first = auditor.get("/v1/audit").json()["items"]
    second = auditor.get("/v1/audit", params={"limit": 1}).json()
    assert [entry["action"] for entry in first] == ["session.start"]
    assert [entry["action"] for entry in second["items"]] == ["audit.read"]
    older = auditor.get("/v1/audit", params={"cursor": second["next_cursor"]}).json()["items"]
    assert older == first
    assert second["items"][0]["previous_hash"] == first[0]["hash"]


def test_a_supervisor_reads_to_whom_a_release_may_go(service: Service):
    one, two = service.sign_in(Role.SUPERVISOR), service.sign_in(Role.SUPERVISOR)
    with service.database.writing() as session:
        listed = Authority(name="Police, district 4", contact="desk", proposed_by=one.user.id)
        listed.agree(two.user)
        proposed = Authority(name="Somebody", contact="?", proposed_by=one.user.id)
        session.add_all([listed, proposed])
    assert [each["name"] for each in one.get("/v1/me").json()["authorities"]] == ["Police, district 4"]
    assert service.sign_in(Role.ADMIN).get("/v1/me").json()["authorities"] is None


def test_a_service_is_alive_before_it_is_ready(service: Service):
    client = service.client()
    assert client.get("/livez").json() == {"status": "alive"}
    waiting = client.get("/readyz")
    assert (waiting.status_code, waiting.json()["code"]) == (503, "gallery_not_ready")
    assert waiting.headers["retry-after"] == "5"


METRICS_KEY = "a-metrics-key-of-24-letters"


def test_metrics_want_their_own_key_and_name_no_id(make_house):
    with running(make_house(metrics_key=SecretStr(METRICS_KEY))) as service:
        admin = service.sign_in(Role.ADMIN)
        user = str(admin.user.id)
        admin.delete(f"/v1/users/{user}")
        admin.get("/made/up/by/anyone")
        assert admin.get("/metrics").status_code == 401
        text_shown = service.client(METRICS_KEY).get("/metrics").text
    assert 'homeward_requests_total{method="DELETE",route="/v1/users/{user_id}",status="409"} 1.0' in text_shown
    assert 'route="unknown",status="404"} 1.0' in text_shown
    assert user not in text_shown


def test_without_a_key_there_are_no_metrics(service: Service):
    assert service.client(METRICS_KEY).get("/metrics").status_code == 404
