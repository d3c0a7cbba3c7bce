"""Getting in, staying in, getting out."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from app.auth.passwords import hash_password
from app.services.invitations import add_invitation
from models.records import Alert, ApiKey, AuditEntry, Invitation, User, UserSession
from models.types import now
from models.user import Role, UserState
from tests.app.conftest import Service
from tests.models.factories import make_user

PASSWORD = "seven brown geese fly"
HASH = hash_password(PASSWORD, "someone", 15)


def invitation(service: Service, role: Role, made_by: User | None = None) -> str:
    house = service.house
    with service.database.writing() as session:
        by = made_by.id if made_by else None
        return add_invitation(session, house.context.keyring, house.settings, role, by)[1]


def accept(service: Service, token: str, name: str, **more: object) -> httpx.Response:
    body = {"invitation": token, "name": name, "password": PASSWORD, "accept_conduct": True} | more
    return service.client().post("/v1/sessions", json={k: v for k, v in body.items() if v is not None})


def test_a_name_and_a_password_open_a_session(service: Service):
    with service.database.writing() as session:
        make_user(session, Role.REVIEWER, name="anna", password_hash=HASH)
    answer = service.client().post("/v1/sessions", json={"name": " Anna ", "password": PASSWORD})
    assert answer.status_code == 201
    body = answer.json()
    assert body["kind"] == "session"
    assert body["token"].startswith("hws_")
    me = service.client(body["token"]).get("/v1/me").json()
    assert me == {
        "id": body["account"]["id"],
        "name": "anna",
        "role": "reviewer",
        "state": "active",
        "authorities": None,
    }


def test_every_refused_sign_in_gets_the_same_bytes(service: Service):
    with service.database.writing() as session:
        make_user(session, Role.REVIEWER, name="anna", password_hash=HASH)
        make_user(session, Role.VOLUNTEER, name="vera")
        make_user(session, Role.ADMIN, name="gone", password_hash=HASH, state=UserState.DISABLED)
    tries = [("anna", "wrong password here"), ("nobody", PASSWORD), ("vera", PASSWORD), ("gone", PASSWORD)]
    answers = [service.client().post("/v1/sessions", json={"name": n, "password": p}) for n, p in tries]
    spent = invitation(service, Role.AUDITOR)
    assert accept(service, spent, "first").status_code == 201
    answers += [
        accept(service, spent, "second"),
        accept(service, spent[:-1] + "!", "third"),
        accept(service, "x", "y4"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_every_refused_token_gets_the_same_bytes(service: Service):
    ended, expired, disabled = (service.sign_in(Role.REVIEWER) for _ in range(3))
    key, late_key = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    with service.database.writing() as session:
        for user, change in {
            ended.user: {"ended_at": now()},
            expired.user: {"expires_at": now() - timedelta(seconds=1)},
        }.items():
            row = session.scalars(select(UserSession).where(UserSession.user_id == user.id)).one()
            for name, value in change.items():
                setattr(row, name, value)
        session.get_one(User, disabled.user.id).disable()
        session.scalars(select(ApiKey).where(ApiKey.user_id == key.user.id)).one().revoke()
        late = session.scalars(select(ApiKey).where(ApiKey.user_id == late_key.user.id)).one()
        late.expires_at = now() - timedelta(seconds=1)
    good = service.sign_in(Role.REVIEWER)
    headers = [
        *(f"Bearer {c.token}" for c in (ended, expired, disabled, key, late_key)),
        f"Bearer {good.token[:-1]}",
        f"Basic {good.token}",
        good.token,
        "Bearer",
        f"Bearer {invitation(service, Role.ADMIN)}",
    ]
    anonymous = service.client()
    answers = [anonymous.get("/v1/me"), anonymous.get(f"/v1/me?access_token={good.token}")]
    answers += [anonymous.get("/v1/me", headers={"Authorization": header}) for header in headers]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert good.get("/v1/me").status_code == 200


def test_signing_out_ends_this_session_only(service: Service):
    here = service.sign_in(Role.SUPERVISOR)
    there = service.sign_in_as(here.user)
    assert here.delete("/v1/sessions/current").status_code == 204
    assert here.get("/v1/me").status_code == 401
    assert there.get("/v1/me").status_code == 200


def test_a_volunteer_who_signs_out_gives_the_key_back(service: Service):
    volunteer = service.sign_in(Role.VOLUNTEER)
    assert volunteer.delete("/v1/sessions/current").status_code == 204
    assert volunteer.get("/v1/me").status_code == 401


def test_using_a_session_puts_its_idle_end_off_but_not_its_longest_end(service: Service):
    client = service.sign_in(Role.AUDITOR)
    soon, settings = now() + timedelta(minutes=2), service.house.settings
    for started, expected in [
        (now(), timedelta(minutes=settings.session_idle_minutes)),
        (now() - timedelta(hours=settings.session_hours) + timedelta(minutes=10), timedelta(minutes=10)),
    ]:
        with service.database.writing() as session:
            row = session.scalars(select(UserSession)).one()
            row.started_at, row.expires_at = started, soon
        assert client.get("/v1/me").status_code == 200
        with service.database.reading() as session:
            ends = session.scalars(select(UserSession)).one().expires_at
        assert abs(ends - now() - expected) < timedelta(seconds=30)


def test_a_changed_role_counts_from_the_next_request(service: Service):
    client = service.sign_in(Role.ADMIN)
    assert client.get("/v1/users").status_code == 200
    with service.database.writing() as session:
        session.get_one(User, client.user.id).role = Role.AUDITOR
    assert client.get("/v1/users").status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_an_invitation_becomes_an_account_of_its_role(service: Service, role: Role):
    admin = service.sign_in(Role.ADMIN)
    password = {"password": None} if role is Role.VOLUNTEER else {}
    answer = accept(service, invitation(service, role, made_by=admin.user), "newcomer", **password)
    assert answer.status_code == 201
    waits = role in {Role.CASE_WORKER, Role.REVIEWER, Role.SUPERVISOR}
    assert answer.json()["kind"] == ("key" if role is Role.VOLUNTEER else "session")
    assert answer.json()["account"]["state"] == ("awaiting_approval" if waits else "active")
    with service.database.reading() as session:
        kinds = [alert.kind for alert in session.scalars(select(Alert).where(Alert.user_id.is_(None)))]
    assert kinds == ["account_awaits_approval" if waits else "account_granted"]


def test_a_founding_invitation_needs_no_approval(service: Service):
    answer = accept(service, invitation(service, Role.SUPERVISOR), "first")
    assert answer.json()["account"]["state"] == "active"


@pytest.mark.parametrize(
    ("role", "change", "status", "code"),
    [
        (Role.AUDITOR, {"accept_conduct": False}, 422, "conduct_not_accepted"),
        (Role.AUDITOR, {"password": None}, 422, "password_weak"),
        (Role.AUDITOR, {"password": "fourteen chars"}, 422, "password_weak"),
        (Role.AUDITOR, {"password": "newcomer password 123"}, 422, "password_weak"),
        (Role.AUDITOR, {"password": "aaaaaaaaaaaaaaaaaaaa"}, 422, "password_weak"),
        (Role.AUDITOR, {"name": "taken"}, 409, "name_taken"),
        (Role.AUDITOR, {"name": "ＴＡＫＥＮ"}, 409, "name_taken"),
        (Role.AUDITOR, {"name": "<script>"}, 422, "request_invalid"),
        (Role.AUDITOR, {"role": "admin"}, 422, "request_invalid"),
        (Role.VOLUNTEER, {}, 422, "password_not_wanted"),
    ],
)
def test_a_refused_acceptance_leaves_the_invitation_open(
    service: Service, role: Role, change: dict[str, object], status: int, code: str
):
    with service.database.writing() as session:
        make_user(session, name="taken")
    answer = (
        accept(service, invitation(service, role), "newcomer", **change)
        if "name" not in change
        else (accept(service, invitation(service, role), **change))
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with service.database.reading() as session:
        assert session.scalars(select(Invitation)).one().used_at is None
        assert session.scalars(select(User).where(User.name == "newcomer")).all() == []


def test_guessing_a_password_waits_longer_and_longer(service: Service):
    with service.database.writing() as session:
        make_user(session, Role.REVIEWER, name="anna", password_hash=HASH)
    client = service.client()
    answers = [client.post("/v1/sessions", json={"name": "anna", "password": "guess"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "2"
    right = client.post("/v1/sessions", json={"name": "anna", "password": PASSWORD})
    assert right.status_code == 429


def test_letting_in_is_on_record_and_no_token_is_kept_as_it_is(service: Service):
    token = invitation(service, Role.AUDITOR)
    shown = accept(service, token, "anna").json()["token"]
    with service.database.reading() as session:
        assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["session.start"]
        kept = [*session.scalars(select(UserSession.token_hash)), *session.scalars(select(Invitation.token_hash))]
    assert len(kept) == 2
    assert not {token, shown} & set(kept)
