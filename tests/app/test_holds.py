"""Legal holds: laid and lifted by supervisors; whatever is held, nobody destroys."""

from uuid import UUID, uuid4

import pytest

from models.photo import PhotoState
from models.records import Face, Photo, Reference
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.desk import Desk, refusal
from tests.app.test_erasures import Sent

WHY = "Court of the district, 3 Ws 12/26"
HELD = (409, "on_hold")


@pytest.fixture
def desk(service: Service) -> Sent:
    made = Sent(service)
    made.set_state(made.candidate, "confirmed")
    return made


def lay(desk: Desk, by: AccountClient | None = None, **on: object):
    return (by or desk.supervisor).post("/v1/holds", json={"reason": WHY, **on})


def test_a_held_photo_is_neither_erased_nor_blanked(desk: Sent):
    erasure_id = desk.propose().json()["id"]
    laid = lay(desk, candidate_id=str(desk.candidate))
    assert (laid.status_code, laid.json()["case_id"]) == (201, None)
    assert laid.json()["made_by"] == str(desk.supervisor.user.id)
    assert refusal(desk.approve(erasure_id)) == HELD
    person = desk.supervisor.post(f"/v1/erasures/{erasure_id}/approve", json={"faces": [1]})
    assert refusal(person) == HELD
    assert desk.count(Face, Face.photo_id == desk.photo_id) == 2
    lifted = desk.supervisor.delete(f"/v1/holds/{laid.json()['id']}")
    assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, str(desk.supervisor.user.id))
    assert refusal(desk.supervisor.delete(f"/v1/holds/{laid.json()['id']}")) == (409, "wrong_state")
    assert desk.approve(erasure_id).status_code == 200


def test_a_held_photo_that_is_withdrawn_is_hidden_and_waits(desk: Sent):
    lay(desk, candidate_id=str(desk.candidate))
    desk.set_state(desk.candidate, "rejected")  # else it would be hidden anyway
    assert desk.sender.delete(f"/v1/photos/{desk.receipt}").status_code == 204
    assert desk.reading(lambda session: session.get_one(Photo, desk.photo_id)).state is PhotoState.HIDDEN
    [waiting] = desk.supervisor.get("/v1/erasures").json()["items"]
    assert refusal(desk.approve(waiting["id"])) == HELD


def test_a_held_case_keeps_its_references_and_photos(desk: Sent):
    laid = lay(desk, case_id=desk.case_id).json()
    reference = desk.reading(lambda session: session.query(Reference).filter_by(case_id=UUID(desk.case_id)).one()).id
    url = f"/v1/cases/{desk.case_id}/references/{reference}"
    assert refusal(desk.worker.delete(url)) == HELD
    erasure_id = desk.propose().json()["id"]
    assert refusal(desk.approve(erasure_id)) == HELD
    desk.supervisor.delete(f"/v1/holds/{laid['id']}")
    assert desk.worker.delete(url).status_code == 204


def test_holds_are_for_supervisors_and_on_record(desk: Sent):
    for role in set(Role) - {Role.SUPERVISOR}:
        who = desk.service.sign_in(role)
        assert refusal(lay(desk, who, case_id=desk.case_id)) == (403, "not_allowed")
        assert refusal(who.get("/v1/holds")) == (403, "not_allowed")
    laid = lay(desk, case_id=desk.case_id).json()
    assert desk.supervisor.get("/v1/holds").json()["items"] == [laid]
    assert desk.acts("hold.lay") == [(desk.supervisor.user.id, laid["id"], WHY)]


@pytest.mark.parametrize("on", [{}, {"case_id": str(uuid4()), "candidate_id": str(uuid4())}, {"case_id": "x"}])
def test_a_hold_names_one_thing(desk: Sent, on: dict):
    assert refusal(lay(desk, **on)) == (422, "request_invalid")


def test_what_nobody_sees_cannot_be_held(desk: Sent):
    absent = lay(desk, candidate_id=str(uuid4()))
    desk.set_state(desk.candidate, "open")
    unseen = lay(desk, candidate_id=str(desk.candidate))
    assert refusal(absent) == refusal(unseen) == (404, "not_found")
    assert refusal(lay(desk, case_id=str(uuid4()))) == (404, "not_found")
