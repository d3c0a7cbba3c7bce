"""Invitations, approvals, keys: who lets whom in, and who sees it."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from models.records import AuditEntry, Invitation
from models.types import now
from models.user import Role, UserState
from tests.app.conftest import Service

PASSWORD = "seven brown geese fly"


def accept(service: Service, token: str, name: str, password: str | None = PASSWORD) -> httpx.Response:
    body = {"invitation": token, "name": name, "accept_conduct": True}
    return service.client().post("/v1/sessions", json=body | ({"password": password} if password else {}))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_admin_alone_cannot_make_a_supervisor(service: Service):
    admin = service.sign_in(Role.ADMIN)
    token = admin.post("/v1/invitations", json={"role": "supervisor"}).json()["token"]
    made = accept(service, token, "puppet").json()
    puppet = service.client(made["token"])
    assert puppet.get("/v1/me").json()["state"] == "awaiting_approval"
    approve = f"/v1/users/{made['account']['id']}/approve"
    assert code(admin.post(approve)) == (403, "not_allowed")
    assert code(puppet.post(approve)) == (403, "account_not_approved")
    assert code(puppet.get("/v1/alerts")) == (403, "account_not_approved")


def test_a_supervisor_sees_who_waits_and_approves_them(service: Service):
    admin, supervisor = service.sign_in(Role.ADMIN), service.sign_in(Role.SUPERVISOR)
    token = admin.post("/v1/invitations", json={"role": "case_worker"}).json()["token"]
    worker = service.client(accept(service, token, "worker").json()["token"])
    assert code(worker.get("/v1/alerts")) == (403, "account_not_approved")
    [alert] = supervisor.get("/v1/alerts").json()["items"]
    assert alert["kind"] == "account_awaits_approval"
    assert (alert["account"]["name"], alert["account"]["role"]) == ("worker", "case_worker")
    assert supervisor.post(f"/v1/users/{alert['object_id']}/approve").json()["state"] == "active"
    assert worker.get("/v1/alerts").json() == {"items": [], "next_cursor": None}
    assert code(supervisor.post(f"/v1/users/{alert['object_id']}/approve")) == (409, "wrong_state")
    kinds = [each["kind"] for each in supervisor.get("/v1/alerts").json()["items"]]
    assert kinds == ["account_granted", "account_awaits_approval"]


def test_nobody_approves_an_account_they_invited(service: Service):
    supervisor = service.sign_in(Role.SUPERVISOR)
    waiting = service.sign_in(Role.REVIEWER, state=UserState.AWAITING_APPROVAL, invited_by=supervisor.user.id)
    assert code(supervisor.post(f"/v1/users/{waiting.user.id}/approve")) == (403, "same_person")


def test_approving_nobody_is_not_found(service: Service):
    supervisor = service.sign_in(Role.SUPERVISOR)
    assert code(supervisor.post(f"/v1/users/{uuid4()}/approve")) == (404, "not_found")


def test_an_invitation_is_good_once_and_not_after_its_time_or_its_end(service: Service):
    admin = service.sign_in(Role.ADMIN)
    used, late, revoked = (admin.post("/v1/invitations", json={"role": "auditor"}).json() for _ in range(3))
    assert accept(service, used["token"], "first").status_code == 201
    with service.database.writing() as session:
        session.get_one(Invitation, UUID(late["id"])).expires_at = now() - timedelta(seconds=1)
    assert admin.delete(f"/v1/invitations/{revoked['id']}").status_code == 204
    answers = [accept(service, each["token"], "second") for each in (used, late, revoked)]
    assert {code(answer) for answer in answers} == {(401, "sign_in_refused")}
    assert code(admin.delete(f"/v1/invitations/{used['id']}")) == (409, "wrong_state")
    assert code(admin.delete(f"/v1/invitations/{uuid4()}")) == (404, "not_found")


def test_lists_show_no_token_and_come_in_pages(service: Service):
    admin = service.sign_in(Role.ADMIN)
    tokens = [admin.post("/v1/invitations", json={"role": "auditor"}).json()["token"] for _ in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = admin.get("/v1/invitations", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert len({each["id"] for each in seen}) == 5
    assert [each["made_at"] for each in seen] == sorted((each["made_at"] for each in seen), reverse=True)
    assert not any(token in str(seen) for token in tokens)


def test_a_cursor_is_good_for_its_list_and_its_reader_only(service: Service):
    admin, other = service.sign_in(Role.ADMIN), service.sign_in(Role.ADMIN)
    cursor = admin.get("/v1/users", params={"limit": 1}).json()["next_cursor"]
    assert admin.get("/v1/users", params={"cursor": cursor}).status_code == 200
    wrong = [
        other.get("/v1/users", params={"cursor": cursor}),
        admin.get("/v1/invitations", params={"cursor": cursor}),
        admin.get("/v1/users", params={"cursor": cursor[:40] + ("A" if cursor[40] != "A" else "B") + cursor[41:]}),
        admin.get("/v1/users", params={"cursor": "ünsinn"}),
        admin.get("/v1/users", params={"cursor": "x"}),
    ]
    assert {code(answer) for answer in wrong} == {(422, "cursor_invalid")}


def test_a_disabled_account_is_out_at_once_with_all_it_held(service: Service):
    admin = service.sign_in(Role.ADMIN)
    for role in (Role.REVIEWER, Role.VOLUNTEER):
        client = service.sign_in(role)
        assert admin.delete(f"/v1/users/{client.user.id}").status_code == 204
        assert client.get("/v1/me").status_code == 401
        assert admin.delete(f"/v1/users/{client.user.id}").status_code == 204
    states = {user["role"]: user["state"] for user in admin.get("/v1/users").json()["items"]}
    assert states == {"admin": "active", "reviewer": "disabled", "volunteer": "disabled"}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPERVISOR])
def test_the_last_admin_and_the_last_supervisor_stay(service: Service, role: Role):
    admin = service.sign_in(Role.ADMIN)
    last = admin if role is Role.ADMIN else service.sign_in(role)
    service.sign_in(role, state=UserState.AWAITING_APPROVAL)
    assert code(admin.delete(f"/v1/users/{last.user.id}")) == (409, "last_of_role")
    assert last.get("/v1/me").status_code == 200
    service.sign_in(role)
    assert admin.delete(f"/v1/users/{last.user.id}").status_code == 204


def test_a_renewed_key_replaces_the_old_and_a_revoked_one_ends(service: Service):
    admin, volunteer = service.sign_in(Role.ADMIN), service.sign_in(Role.VOLUNTEER)
    made = admin.post("/v1/keys", json={"user_id": str(volunteer.user.id)}).json()
    assert volunteer.get("/v1/me").status_code == 401
    renewed = service.client(made["key"])
    assert renewed.get("/v1/me").json()["role"] == "volunteer"
    newest, oldest = admin.get("/v1/keys").json()["items"]
    assert (newest["id"], newest["prefix"], newest["revoked_at"]) == (made["id"], made["key"][:12], None)
    assert newest["last_used_on"] == now().date().isoformat()
    assert oldest["revoked_at"] is not None
    assert admin.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert renewed.get("/v1/me").status_code == 401


@pytest.mark.parametrize(("role", "state"), [(Role.REVIEWER, UserState.ACTIVE), (Role.VOLUNTEER, UserState.DISABLED)])
def test_keys_are_for_active_volunteers(service: Service, role: Role, state: UserState):
    admin, other = service.sign_in(Role.ADMIN), service.sign_in(role, state=state)
    assert code(admin.post("/v1/keys", json={"user_id": str(other.user.id)})) == (409, "key_not_for_role")


def test_each_grant_and_refusal_of_access_is_on_record(service: Service):
    admin, supervisor = service.sign_in(Role.ADMIN), service.sign_in(Role.SUPERVISOR)
    made = admin.post("/v1/invitations", json={"role": "volunteer"}, headers={"X-Request-Id": "request-1"}).json()
    account = accept(service, made["token"], "vera", None).json()["account"]
    admin.post("/v1/keys", json={"user_id": account["id"]})
    admin.delete(f"/v1/users/{account['id']}")
    with service.database.reading() as session:
        acts = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    done = [(entry.action, entry.actor_id) for entry in acts if entry.action != "session.start"]
    by = admin.user.id
    assert [action for action, _ in done] == ["invitation.make", "key.make", "key.make", "user.disable"]
    assert [actor == by for _, actor in done] == [True, False, True, True]
    assert acts[2].request_id == "request-1"
    assert supervisor.get("/v1/alerts").json()["items"][0]["account"]["state"] == "disabled"
