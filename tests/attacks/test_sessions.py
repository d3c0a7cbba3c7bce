"""S16: what a session is worth before and after it is signed in, and when rights change."""

import httpx
import pytest

from app.auth.passwords import hash_password
from app.pages.cookie import SESSION_COOKIE
from models.records import User
from models.user import Role
from tests.app.conftest import Service
from tests.app.pages.conftest import Visit, Visitors
from tests.models.factories import make_user

PASSWORD = "a long and quiet evening"


@pytest.fixture
def anna(service: Service) -> User:
    hashed = hash_password(PASSWORD, "anna", 15)
    with service.database.writing() as session:
        return make_user(session, Role.CASE_WORKER, name="anna", password_hash=hashed)


def signed_in(answer: httpx.Response) -> str:
    [cookie] = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{SESSION_COOKIE}=")]
    return cookie.split("=", 1)[1].split(";")[0]


def test_signing_in_makes_a_new_token_whatever_was_brought(service: Service, anna: User):
    """Fixation: an attacker's token set in the victim's browser beforehand."""
    planted = service.sign_in(Role.VOLUNTEER).token
    with Visit(service.url, planted) as browser:
        first = signed_in(browser.fill("/sign-in", {"name": "anna", "password": PASSWORD}))
        second = signed_in(browser.fill("/sign-in", {"name": "anna", "password": PASSWORD}))
    assert len({planted, first, second}) == 3
    assert service.client(first).get("/v1/me").json()["name"] == "anna"


def test_a_role_or_account_taken_away_ends_at_the_next_request(service: Service, visit: Visitors):
    browser = visit(Role.SUPERVISOR)
    assert browser.get("/supervision").status_code == 200
    with service.database.writing() as session:
        session.get_one(User, browser.user.id).role = Role.REVIEWER
    assert browser.get("/supervision").status_code == 403
    with service.database.writing() as session:
        session.get_one(User, browser.user.id).disable()
    assert browser.get("/review").status_code == 303


def test_ended_sessions_stay_ended(service: Service, visit: Visitors):
    browser = visit(Role.CASE_WORKER)
    assert browser.fill("/sign-out").status_code == 303
    for _ in range(3):
        assert browser.get("/cases").status_code == 303
