"""The same creating call sent again has one effect and one answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.idempotency import KEPT
from models.records import AuditEntry, IdempotentRequest, Invitation
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service

KEY = {"Idempotency-Key": "a-key-of-the-phone"}
ASKED = {"role": "auditor", "note": "for the autumn"}


def invite(client: AccountClient, asked: dict[str, str] = ASKED, key: dict[str, str] = KEY):
    return client.post("/v1/invitations", json=asked, headers=key)


def made(service: Service) -> int:
    with service.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Invitation))


def test_the_stored_answer_comes_again_byte_for_byte(service: Service):
    admin = service.sign_in(Role.ADMIN)
    first, second = invite(admin), invite(admin)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert made(service) == 1


def test_fifty_at_once_have_exactly_one_effect(service: Service):
    admin = service.sign_in(Role.ADMIN)
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: invite(admin), range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert made(service) == 1
    with service.database.reading() as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.action == "invitation.make")).all()
    assert len(acts) == 1


def test_another_body_under_the_same_key_is_refused(service: Service):
    admin = service.sign_in(Role.ADMIN)
    invite(admin)
    answer = invite(admin, {"role": "admin"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert made(service) == 1


def test_a_key_is_its_users_and_its_routes_own(service: Service):
    one, other = service.sign_in(Role.ADMIN), service.sign_in(Role.ADMIN)
    volunteer = service.sign_in(Role.VOLUNTEER)
    answers = [invite(one), invite(other)]
    answers.append(one.post("/v1/keys", json={"user_id": str(volunteer.user.id)}, headers=KEY))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert made(service) == 2


def test_a_refused_call_leaves_no_answer_behind(service: Service):
    admin, auditor = service.sign_in(Role.ADMIN), service.sign_in(Role.AUDITOR)
    asked = {"user_id": str(auditor.user.id)}
    for _ in range(2):
        assert admin.post("/v1/keys", json=asked, headers=KEY).status_code == 409
    with service.database.reading() as session:
        assert session.scalars(select(IdempotentRequest)).all() == []


def test_without_a_key_every_call_counts(service: Service):
    admin = service.sign_in(Role.ADMIN)
    assert invite(admin, key={}).content != invite(admin, key={}).content
    assert made(service) == 2


def test_an_answer_is_kept_for_a_day_and_sealed(service: Service):
    admin = service.sign_in(Role.ADMIN)
    token = invite(admin).json()["token"]
    with service.database.writing() as session:
        assert token not in session.scalars(select(IdempotentRequest.answer)).one()
        session.execute(update(IdempotentRequest).values(at=now() - KEPT - timedelta(seconds=1)))
    assert invite(admin).json()["token"] != token


@pytest.mark.parametrize("key", ["short", "x" * 81, "with space"])
def test_a_malformed_key_is_refused(service: Service, key: str):
    answer = invite(service.sign_in(Role.ADMIN), key={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["faults"][0]["where"]) == (422, "header.idempotency-key")


def test_old_answers_go_even_if_their_owner_never_comes_back(service: Service):
    gone, another = service.sign_in(Role.ADMIN), service.sign_in(Role.ADMIN)
    invite(gone)
    with service.database.writing() as session:
        session.execute(update(IdempotentRequest).values(at=now() - KEPT - timedelta(seconds=1)))
    invite(another)
    with service.database.reading() as session:
        assert session.scalars(select(IdempotentRequest.user_id)).all() == [another.user.id]
