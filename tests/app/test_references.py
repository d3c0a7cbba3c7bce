"""References through the service: faces to choose from, words for what is weak, and who may look."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from httpx import Response
from PIL import Image
from sqlalchemy import select

from indexer.packs.base import Pack
from models.records import Alert, AuditEntry, DiscardedBlob, Reference
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.worlds import approve_case, open_case
from tests.indexer.reference_pictures import blurred_face, no_face, one_face, three_faces


@pytest.fixture
def worker(service: Service, pack: Pack) -> AccountClient:
    """A case worker of a service with the real `open` pack."""
    service.house.context.__dict__["_pack"] = pack
    return service.sign_in(Role.CASE_WORKER)


@pytest.fixture
def url(worker: AccountClient) -> str:
    """The references of a case of theirs; the child was born in 2016."""
    return f"/v1/cases/{open_case(worker, birth_date='2016-01-01')['id']}/references"


def send(worker: AccountClient, url: str, picture: bytes, key: str | None = None, **fields: object) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    return worker.post(url, files={"file": ("photo.jpg", picture)}, data=fields, headers=headers)


def acts(service: Service, action: str) -> list[str]:
    with service.database.reading() as session:
        return [each.role for each in session.scalars(select(AuditEntry).where(AuditEntry.action == action))]


def test_a_picture_of_one_face_is_ready_and_can_be_read_again(worker: AccountClient, url: str):
    answer = send(worker, url, one_face(), taken_on="2020-02-03", age_years=4.1)
    assert answer.status_code == 201
    reference = answer.json()
    assert (reference["state"], reference["chosen"], reference["advice"]) == ("ready", 0, [])
    assert (reference["taken_on"], reference["age_years"]) == ("2020-02-03", 4.1)
    [face] = reference["faces"]
    assert (face["number"], face["quality"], face["reasons"], face["advice"]) == (0, "good", [], [])
    assert len(face["box"]) == 4
    assert worker.get(f"{url}/{reference['id']}").json() == reference
    assert worker.get(url).json()["items"] == [reference]


def test_of_three_faces_the_answer_asks_which_one_is_the_child(worker: AccountClient, url: str):
    reference = send(worker, url, three_faces(), age_years=4).json()
    assert (reference["state"], reference["chosen"]) == ("needs_face", None)
    assert reference["advice"] == ["3 faces were found: say which one is the child."]
    assert [face["number"] for face in reference["faces"]] == [0, 1, 2]
    wrong = worker.patch(f"{url}/{reference['id']}", json={"face": 3})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "face_number_unknown")
    assert wrong.json()["detail"] == "There is no face number 3; the picture has faces 0 to 2."
    turned = next(face for face in reference["faces"] if "turned" in face["reasons"])
    chosen = worker.patch(f"{url}/{reference['id']}", json={"face": turned["number"]}).json()
    assert (chosen["state"], chosen["chosen"]) == ("ready", turned["number"])
    assert chosen["advice"] == turned["advice"]
    assert any("turned" in words for words in chosen["advice"])


def test_a_picture_without_a_face_says_so_and_why(worker: AccountClient, url: str):
    reference = send(worker, url, no_face(120, 90), age_years=4).json()
    assert (reference["state"], reference["faces"]) == ("no_face", [])
    assert reference["advice"] == [
        "No face was found: the picture is only 120 x 90 pixels, so send the original instead of a reduced copy."
    ]
    refused = worker.patch(f"{url}/{reference['id']}", json={"face": 0})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_face_found")


def test_weak_and_undated_references_are_taken_and_told_what_would_help(worker: AccountClient, url: str):
    reference = send(worker, url, blurred_face()).json()
    assert reference["state"] == "ready"
    assert [words.split(":")[0] for words in reference["advice"]] == [
        "The face is blurred",
        "Say when it was taken, or how old the child is in it.",
    ]
    case = worker.get(url.removesuffix("/references")).json()
    assert len(case["advice"]) == 2
    dated = worker.patch(f"{url}/{reference['id']}", json={"age_years": 3}).json()
    assert (dated["age_years"], len(dated["advice"])) == (3, 1)
    undated = worker.patch(f"{url}/{reference['id']}", json={"age_years": None}).json()
    assert undated["age_years"] is None


def test_bad_dates_ages_and_files_are_refused_and_nothing_is_kept(service: Service, worker: AccountClient, url: str):
    tomorrow = str(now().date() + timedelta(days=2))
    for fields, code in [
        ({"taken_on": tomorrow}, "request_invalid"),
        ({"taken_on": "2020-13-01"}, "request_invalid"),
        ({"taken_on": "2015-12-31"}, "dates_impossible"),
        ({"age_years": -1}, "request_invalid"),
        ({"age_years": 120}, "request_invalid"),
        ({"age_years": "nan"}, "request_invalid"),
        ({"note": "unknown field"}, "request_invalid"),
    ]:
        refused = send(worker, url, one_face(), **fields)
        assert (refused.status_code, refused.json()["code"]) == (422, code), fields
    for picture, status, code in [
        (b"", 422, "image_empty"),
        (b"just words", 415, "image_type_unsupported"),
        (one_face()[:3000], 422, "image_corrupt"),
    ]:
        refused = send(worker, url, picture)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert worker.get(url).json()["items"] == []
    assert list(service.house.context.store.names()) == []
    with service.database.reading() as session:
        assert list(session.scalars(select(DiscardedBlob))) == []


def test_a_reference_sent_twice_is_one(worker: AccountClient, url: str):
    first, second = (send(worker, url, one_face(), key="reference-1") for _ in range(2))
    assert first.content == second.content
    repeated = send(worker, url, one_face())
    assert (repeated.status_code, repeated.json()["code"]) == (409, "reference_known")
    other_key = send(worker, url, one_face(1), key="reference-1")
    assert (other_key.status_code, other_key.json()["code"]) == (409, "idempotency_key_reused")
    assert len(worker.get(url).json()["items"]) == 1


def test_the_picture_is_shown_to_its_worker_and_supervisors_and_each_look_is_an_act(
    service: Service, worker: AccountClient, url: str
):
    reference_id = send(worker, url, one_face()).json()["id"]
    address = f"{url}/{reference_id}/image"
    for client in (worker, service.sign_in(Role.SUPERVISOR)):
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"] == f'inline; filename="reference-{reference_id}.jpg"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        with Image.open(BytesIO(answer.content)) as picture:
            assert (picture.size, picture.getexif()) == ((220, 220), {})
    assert acts(service, "reference.look") == ["case_worker", "supervisor"]
    for role in (Role.VOLUNTEER, Role.REVIEWER, Role.ADMIN, Role.AUDITOR):
        assert service.sign_in(role).get(address).status_code == 403
    foreign = service.sign_in(Role.CASE_WORKER).get(address)
    assert foreign.status_code == 404
    assert len(acts(service, "reference.look")) == 2


def test_a_late_reference_is_approved_by_a_supervisor_once_its_face_is_chosen(
    service: Service, worker: AccountClient, url: str
):
    supervisor = service.sign_in(Role.SUPERVISOR)
    approve_case(supervisor, url.removesuffix("/references"))
    reference_id = send(worker, url, three_faces()).json()["id"]
    early = supervisor.post(f"{url}/{reference_id}/approve", json={"face": 0})
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    worker.patch(f"{url}/{reference_id}", json={"face": 1})
    with service.database.reading() as session:
        waiting = select(Alert).where(Alert.kind == "reference_awaits_approval")
        assert [each.object_id for each in session.scalars(waiting)] == [reference_id]
    assert worker.post(f"{url}/{reference_id}/approve", json={"face": 0}).json()["code"] == "not_allowed"
    other_face = supervisor.post(f"{url}/{reference_id}/approve", json={"face": 2})
    assert (other_face.status_code, other_face.json()["code"]) == (409, "changed_meanwhile")
    assert supervisor.post(f"{url}/{reference_id}/approve").status_code == 422
    approved = supervisor.post(f"{url}/{reference_id}/approve", json={"face": 1}).json()
    assert approved["approved_by"] == str(supervisor.user.id)
    changed = worker.patch(f"{url}/{reference_id}", json={"face": 2})
    assert (changed.status_code, changed.json()["code"]) == (409, "wrong_state")


def test_references_of_a_closed_case_stay_as_they_are(worker: AccountClient, url: str):
    reference_id = send(worker, url, one_face()).json()["id"]
    worker.post(f"{url.removesuffix('/references')}/close", json={"reason": "She came home"})
    for refused in (
        send(worker, url, one_face(1)),
        worker.patch(f"{url}/{reference_id}", json={"age_years": 3}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert worker.delete(f"{url}/{reference_id}").status_code == 204
    assert worker.get(f"{url}/{reference_id}").status_code == 404


def test_a_reference_is_found_only_under_its_own_case(worker: AccountClient, url: str):
    reference_id = send(worker, url, one_face()).json()["id"]
    other = f"/v1/cases/{open_case(worker)['id']}/references"
    for ending, method in [("", "GET"), ("", "DELETE"), ("/image", "GET")]:
        foreign, absent = (worker.request(method, f"{other}/{each}{ending}") for each in (reference_id, uuid4()))
        assert foreign.status_code == absent.status_code == 404
        assert foreign.content == absent.content
    assert worker.get(f"{url}/{reference_id}").status_code == 200


def test_references_sent_at_once_are_all_taken(service: Service, worker: AccountClient, url: str):
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda number: send(worker, url, one_face(number)), range(3)))
    assert [answer.status_code for answer in answers] == [201] * 3
    with service.database.reading() as session:
        assert len(session.scalars(select(Reference)).all()) == 3


def test_a_service_that_is_embedding_enough_asks_to_come_back(
    service: Service, worker: AccountClient, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.services.references.PATIENCE_SECONDS", 0.05)
    with service.house.embedding:
        answer = send(worker, url, one_face())
    assert (answer.status_code, answer.json()["code"]) == (503, "service_busy")
    assert answer.headers["Retry-After"]
    assert send(worker, url, one_face()).status_code == 201
