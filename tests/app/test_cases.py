"""Cases: opened, approved by somebody else, reassigned, closed; foreign and absent look the same."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from models.candidate import CandidateState
from models.records import Alert, Assignment, AuditEntry, Candidate, Case, Reference
from models.reference import ReferenceState
from models.review import AssignmentState
from models.types import now
from models.user import Role, UserState
from tests.app.conftest import Service
from tests.app.worlds import CHECKLIST, approve_case, open_case
from tests.models.factories import make_candidate, make_face, make_photo, make_reference, make_user

UNDECIDED = (CandidateState.OPEN, CandidateState.IN_REVIEW, CandidateState.CONFLICT)


def acts(service: Service, action: str) -> list[AuditEntry]:
    with service.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_case_is_opened_with_a_number_that_can_be_read_out(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    case = open_case(worker, birth_date="2019-03-05", sex="female", missing_since="2024-06-01")
    assert case["number"].startswith("HW-")
    assert set(case["number"][3:]) <= set("23456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert len(case["number"]) == 9
    assert (case["state"], case["child_name"], case["birth_date"]) == ("awaiting_approval", "Ana", "2019-03-05")
    assert case["missing"] == []
    assert worker.get(f"/v1/cases/{case['id']}").json() == case


def test_what_names_the_child_is_in_the_database_only_sealed(service: Service):
    case = open_case(service.sign_in(Role.CASE_WORKER), notes="Scar under the left eye")
    with service.database.reading() as session:
        record = session.get_one(Case, UUID(case["id"]))
        for told in ("Ana", "Scar", *CHECKLIST.values()):
            assert told.encode() not in record.sealed_details


def test_the_same_case_sent_twice_with_one_key_is_one_case(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    headers = {"Idempotency-Key": "open-ana-1"}
    first, second = (worker.post("/v1/cases", json={"child_name": "Ana"}, headers=headers) for _ in range(2))
    assert first.content == second.content
    assert len(worker.get("/v1/cases").json()["items"]) == 1


def test_a_case_sent_again_is_answered_as_it_is_now_and_only_to_its_worker(service: Service):
    worker, other = service.sign_in(Role.CASE_WORKER), service.sign_in(Role.CASE_WORKER)
    asked = {"json": {"child_name": "Ana"}, "headers": {"Idempotency-Key": "open-ana-1"}}
    case_id = worker.post("/v1/cases", **asked).json()["id"]
    worker.patch(f"/v1/cases/{case_id}", json={"child_name": "Anna"})
    assert worker.post("/v1/cases", **asked).json()["child_name"] == "Anna"
    supervisor, to_other = service.sign_in(Role.SUPERVISOR), {"worker_id": str(other.user.id)}
    assert supervisor.post(f"/v1/cases/{case_id}/reassign", json=to_other).status_code == 200
    answer = worker.post("/v1/cases", **asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_list_of_cases_names_no_child(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    case = open_case(worker)
    open_case(service.sign_in(Role.CASE_WORKER))
    [item] = worker.get("/v1/cases").json()["items"]
    assert item["id"] == case["id"]
    assert set(item) == {"id", "number", "state", "worker_id", "opened_at", "approved_at", "closed_at"}
    assert len(service.sign_in(Role.SUPERVISOR).get("/v1/cases").json()["items"]) == 2


BAD_DETAILS: list[dict[str, object]] = [
    {"birth_date": str(now().date() + timedelta(days=2))},
    {"missing_since": "1899-12-31"},
    {"birth_date": "2020-05-05", "missing_since": "2020-05-04"},
    {"birth_date": "2020-02-30"},
    {"child_name": "  "},
    {"sex": "f"},
    {"photo": "x"},
]


def test_bad_details_are_refused_and_nothing_is_kept(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    for details in BAD_DETAILS:
        answer = worker.post("/v1/cases", json={"child_name": "Ana"} | details)
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid"), details
    assert worker.get("/v1/cases").json()["items"] == []


def test_a_change_that_makes_the_dates_impossible_is_refused(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    url = f"/v1/cases/{open_case(worker, birth_date='2020-05-05')['id']}"
    answer = worker.patch(url, json={"missing_since": "2020-05-04"})
    assert (answer.status_code, answer.json()["code"]) == (422, "dates_impossible")
    changed = worker.patch(url, json={"missing_since": "2021-05-04", "notes": "Left-handed"}).json()
    assert (changed["missing_since"], changed["notes"], changed["birth_date"]) == (
        "2021-05-04",
        "Left-handed",
        "2020-05-05",
    )


def test_a_supervisor_closes_a_case_with_a_reason(service: Service):
    worker, supervisor = service.sign_in(Role.CASE_WORKER), service.sign_in(Role.SUPERVISOR)
    url = f"/v1/cases/{open_case(worker)['id']}"
    assert supervisor.post(f"{url}/close", json={"reason": " "}).status_code == 422
    closed = supervisor.post(f"{url}/close", json={"reason": "The guardian objects"}).json()
    assert (closed["state"], closed["closed_because"]) == ("closed", "The guardian objects")
    assert worker.get(url).json()["closed_because"] == "The guardian objects"
    [act] = acts(service, "case.close")
    assert (act.actor_id, act.role, act.why) == (supervisor.user.id, "supervisor", "The guardian objects")


def test_foreign_and_absent_cases_get_the_same_bytes(service: Service):
    case_id = open_case(service.sign_in(Role.CASE_WORKER))["id"]
    other = service.sign_in(Role.CASE_WORKER)
    for ending, method, body in [
        ("", "GET", None),
        ("", "PATCH", {"notes": "x"}),
        ("/close", "POST", {"reason": "x"}),
        ("/references", "GET", None),
        (f"/references/{uuid4()}", "GET", None),
        (f"/references/{uuid4()}/image", "GET", None),
        (f"/references/{uuid4()}", "DELETE", None),
        ("/searches", "GET", None),
        ("/searches", "POST", {"reason": "x"}),
        ("/candidates", "GET", None),
    ]:
        foreign = other.request(method, f"/v1/cases/{case_id}{ending}", json=body)
        absent = other.request(method, f"/v1/cases/{uuid4()}{ending}", json=body)
        assert foreign.status_code == absent.status_code == 404, ending
        assert foreign.content == absent.content


def test_approval_names_what_is_missing_and_then_takes_the_ready_references_with_it(service: Service):
    worker, supervisor = service.sign_in(Role.CASE_WORKER), service.sign_in(Role.SUPERVISOR)
    case = worker.post("/v1/cases", json={"child_name": "Ana", "custody": "seen"}).json()
    assert case["missing"] == ["police_reference", "consent", "asked_by"]
    url = f"/v1/cases/{case['id']}"
    with service.database.writing() as session:
        record = session.get_one(Case, UUID(case["id"]))
        ready = make_reference(session, record).id
        unchosen = make_reference(session, record, state=ReferenceState.NEEDS_FACE).id
    refused = approve_case(supervisor, url)
    assert (refused.status_code, refused.json()["code"]) == (409, "case_incomplete")
    assert "police_reference, consent, asked_by" in refused.json()["detail"]
    assert worker.get(url).json()["state"] == "awaiting_approval"
    worker.patch(url, json=CHECKLIST)
    approved = approve_case(supervisor, url).json()
    assert (approved["state"], approved["approved_by"]) == ("approved", str(supervisor.user.id))
    with service.database.reading() as session:
        assert session.get_one(Reference, ready).is_searchable
        assert session.get_one(Reference, unchosen).approved_at is None
    assert approve_case(supervisor, url).json()["code"] == "wrong_state"
    assert [each.object_id for each in acts(service, "reference.approve")] == [str(ready)]


def test_a_case_is_never_approved_by_its_own_worker(service: Service):
    """One account has one role; should a case ever be a supervisor's own, the record refuses."""
    supervisor = service.sign_in(Role.SUPERVISOR)
    worker = service.sign_in(Role.CASE_WORKER)
    case_id = open_case(worker)["id"]
    assert worker.post(f"/v1/cases/{case_id}/approve", json={"version": "x"}).json()["code"] == "not_allowed"
    with service.database.writing() as session:
        session.get_one(Case, UUID(case_id)).reassign(supervisor.user)
    refused = approve_case(supervisor, f"/v1/cases/{case_id}")
    assert (refused.status_code, refused.json()["code"]) == (403, "same_person")


def test_what_an_approval_stands_on_is_not_changed_afterwards(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    url = f"/v1/cases/{open_case(worker)['id']}"
    approve_case(service.sign_in(Role.SUPERVISOR), url)
    refused = worker.patch(url, json={"consent": "Somebody else's"})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert worker.patch(url, json={"notes": "Left-handed"}).json()["notes"] == "Left-handed"


def test_nobody_approves_what_they_have_not_seen(service: Service):
    worker, supervisor = service.sign_in(Role.CASE_WORKER), service.sign_in(Role.SUPERVISOR)
    url = f"/v1/cases/{open_case(worker)['id']}"

    def add_reference() -> None:
        with service.database.writing() as session:
            make_reference(session, session.get_one(Case, UUID(url.rsplit("/", 1)[1])))

    def date_reference() -> None:
        with service.database.writing() as session:
            session.scalars(select(Reference)).one().date_it(None, 5.0)

    for change in (lambda: worker.patch(url, json={"consent": "Another paper"}), add_reference, date_reference):
        seen = supervisor.get(url).json()["version"]
        change()
        refused = supervisor.post(f"{url}/approve", json={"version": seen})
        assert (refused.status_code, refused.json()["code"]) == (409, "changed_meanwhile")
        assert supervisor.get(url).json()["state"] == "awaiting_approval"
    for body in (None, {}, {"version": ""}):
        assert supervisor.post(f"{url}/approve", json=body).status_code == 422
    assert approve_case(supervisor, url).json()["state"] == "approved"


def test_the_version_is_the_same_while_nothing_changes_and_differs_between_cases(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    one, other = open_case(worker), open_case(worker)
    assert worker.get(f"/v1/cases/{one['id']}").json()["version"] == one["version"] != other["version"]


@pytest.mark.parametrize("change", [{"child_name": "Bea"}, {"birth_date": "2014-01-01"}, {"sex": "male"}])
def test_a_case_that_is_about_another_child_by_now_waits_for_approval_again(service: Service, change: dict):
    worker, supervisor = service.sign_in(Role.CASE_WORKER), service.sign_in(Role.SUPERVISOR)
    url = f"/v1/cases/{open_case(worker)['id']}"
    approve_case(supervisor, url)
    changed = worker.patch(url, json=change).json()
    assert (changed["state"], changed["approved_by"]) == ("awaiting_approval", None)
    assert worker.post(f"{url}/searches", json={"reason": "x"}).json()["code"] == "case_not_approved"
    assert approve_case(supervisor, url).json()["state"] == "approved"
    same = worker.patch(url, json=change | {"notes": "As before"}).json()
    assert same["state"] == "approved"


def test_a_reassigned_case_is_the_new_workers_alone(service: Service):
    before, after = service.sign_in(Role.CASE_WORKER), service.sign_in(Role.CASE_WORKER)
    supervisor = service.sign_in(Role.SUPERVISOR)
    url = f"/v1/cases/{open_case(before)['id']}"
    with service.database.writing() as session:
        gone = make_user(session, Role.CASE_WORKER, state=UserState.DISABLED)
        reviewer = make_user(session, Role.REVIEWER)
    for wrong in (gone.id, reviewer.id, uuid4()):
        assert supervisor.post(f"{url}/reassign", json={"worker_id": str(wrong)}).status_code == 404
    assert supervisor.post(f"{url}/reassign", json={"worker_id": str(after.user.id)}).status_code == 200
    assert before.get(url).status_code == 404
    assert after.get(url).json()["child_name"] == "Ana"


def test_closing_a_case_withdraws_what_nobody_has_decided(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    case_id = open_case(worker)["id"]
    with service.database.writing() as session:
        case, reviewer = session.get_one(Case, UUID(case_id)), make_user(session, Role.REVIEWER)
        by_state = {
            state: make_candidate(session, case, make_face(session, make_photo(session)), state=state).id
            for state in (
                CandidateState.OPEN,
                CandidateState.IN_REVIEW,
                CandidateState.CONFLICT,
                CandidateState.CONFIRMED,
            )
        }
        given = Assignment(
            candidate_id=by_state[CandidateState.IN_REVIEW],
            reviewer_id=reviewer.id,
            lapses_at=now() + timedelta(minutes=30),
        )
        session.add(given)
    closed = worker.post(f"/v1/cases/{case_id}/close", json={"reason": "She came home"}).json()
    assert (closed["state"], closed["closed_because"]) == ("closed", "She came home")
    with service.database.reading() as session:
        states = [session.get_one(Candidate, candidate_id).state for candidate_id in by_state.values()]
        assert states == [CandidateState.WITHDRAWN] * 3 + [CandidateState.CONFIRMED]
        assert session.get_one(Assignment, given.id).state is AssignmentState.LAPSED
    for answer in (
        worker.patch(f"/v1/cases/{case_id}", json={"notes": "x"}),
        worker.post(f"/v1/cases/{case_id}/close", json={"reason": "again"}),
        worker.post(f"/v1/cases/{case_id}/searches", json={"reason": "again"}),
        worker.get(f"/v1/cases/{case_id}/candidates"),
    ):
        assert (answer.status_code, answer.json()["code"]) in {(409, "wrong_state"), (409, "case_not_searchable")}


def test_every_look_at_a_case_is_an_act_and_supervisors_are_told_of_new_ones(service: Service):
    worker = service.sign_in(Role.CASE_WORKER)
    case_id = open_case(worker)["id"]
    worker.get(f"/v1/cases/{case_id}")
    service.sign_in(Role.SUPERVISOR).get(f"/v1/cases/{case_id}")
    assert [each.role for each in acts(service, "case.read")] == ["case_worker", "supervisor"]
    with service.database.reading() as session:
        [alert] = session.scalars(select(Alert).where(Alert.user_id.is_(None)))
    assert (alert.kind, alert.object_id) == ("case_awaits_approval", case_id)
