"""A volunteer's key: what it opens, how long, and how fast it stops."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.auth.tokens import PREFIX_SHOWN, TokenKind
from app.house import House
from app.main import ROUTERS
from models.records import ApiKey
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service, running

AT_MOST = 1.0  # seconds until a revoked key opens nothing any more
VOLUNTEERS = {"/v1/photos", "/v1/photos/{photo_id}", "/v1/me", "/v1/sessions/current"}


def test_a_key_says_what_it_is_and_only_its_beginning_is_kept(service: Service):
    volunteer = service.sign_in(Role.VOLUNTEER)
    with service.database.reading() as session:
        key = session.scalars(select(ApiKey)).one()
    assert volunteer.token.startswith(TokenKind.KEY)
    assert key.prefix == volunteer.token[:PREFIX_SHOWN]
    assert volunteer.token[PREFIX_SHOWN:] not in f"{key.token_hash}{key.prefix}"
    assert now() + timedelta(days=89) < key.expires_at < now() + timedelta(days=91)


def test_a_key_opens_what_volunteers_do_and_nothing_else(service: Service):
    volunteer = service.sign_in(Role.VOLUNTEER)
    opened = set()
    for router in ROUTERS:
        for route in router.routes:
            for method in route.methods - {"DELETE"}:
                answer = volunteer.request(method, route.path.replace("{number}", "0"), json={})
                if not (answer.status_code == 403 and answer.json()["code"] == "not_allowed"):
                    opened.add(route.path)
    assert opened == (VOLUNTEERS - {"/v1/sessions/current"}) | {"/v1/sessions"}


@pytest.mark.parametrize("place", ["query", "cookie", "body"])
def test_a_key_is_taken_from_the_header_alone(service: Service, place: str):
    key, client = service.sign_in(Role.VOLUNTEER).token, service.client()
    how = {"query": {"params": {"key": key}}, "cookie": {"headers": {"Cookie": f"__Host-homeward={key}"}}}
    answer = client.request("GET", "/v1/photos", **how.get(place, {"json": {"key": key}}))
    assert answer.status_code == 401


@pytest.mark.parametrize("how", ["revoked", "renewed", "disabled", "expired"])
def test_a_key_that_ended_opens_nothing_a_second_later_on_any_server(service: Service, how: str):
    """Two servers over one database: neither remembers a key beyond one request."""
    house = service.house
    with running(House(house.settings, house.context, house.follower)) as other:
        admin, volunteer = service.sign_in(Role.ADMIN), service.sign_in(Role.VOLUNTEER)
        there = other.client(volunteer.token)
        assert {client.get("/v1/me").status_code for client in (volunteer, there)} == {200}
        began = time.monotonic()
        _end(service, admin, volunteer, how)
        assert {client.get("/v1/me").status_code for client in (there, volunteer)} == {401}
        assert time.monotonic() - began < AT_MOST


def _end(service: Service, admin: AccountClient, volunteer: AccountClient, how: str) -> None:
    if how == "expired":
        with service.database.writing() as session:
            session.scalars(select(ApiKey)).one().expires_at = now() - timedelta(microseconds=1)
    elif how == "disabled":
        assert admin.delete(f"/v1/users/{volunteer.user.id}").status_code == 204
    elif how == "renewed":
        assert admin.post("/v1/keys", json={"user_id": str(volunteer.user.id)}).status_code == 201
    else:
        [key] = admin.get("/v1/keys").json()["items"]
        assert admin.delete(f"/v1/keys/{key['id']}").status_code == 204


def test_a_key_that_was_relabelled_or_cut_is_none(service: Service):
    key, session = service.sign_in(Role.VOLUNTEER).token, service.sign_in(Role.ADMIN).token
    for wrong in (key[:-1], f"{key}0", TokenKind.SESSION + key[4:], TokenKind.KEY + session[4:], key.upper()):
        assert service.client(wrong).get("/v1/me").status_code == 401
