"""S8: another site that sends its visitors' browsers here. Every form of every page, and the API."""

import httpx
import pytest
from sqlalchemy import select

from app.pages.cookie import FORM_FIELD, SESSION_COOKIE
from models.records import Base
from models.user import Role
from tests.app.conftest import Service
from tests.app.pages.conftest import _TOKEN, Visitors
from tests.app.pages.test_table import TABLE, address

FORMS = [route.split()[1] for route in TABLE if route.startswith("POST")]
FOREIGN: dict[str, dict[str, str]] = {
    "a form of another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a form of a sister site": {"Sec-Fetch-Site": "same-site", "Origin": "https://evil.homeward.example"},
    "typed or from a bookmark": {"Sec-Fetch-Site": "none"},
    "an old browser, another site": {"Origin": "https://evil.example"},
    "an old browser, a sandboxed frame": {"Origin": "null"},
    "an old browser that says nothing": {},
    "fetch in no-cors mode": {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "no-cors",
        "Content-Type": "text/plain",
    },
}


def everything(service: Service) -> str:
    with service.database.reading() as session:
        return str([session.execute(select(table)).all() for table in Base.metadata.sorted_tables])


@pytest.mark.parametrize("kind", FOREIGN)
def test_no_form_of_any_page_is_taken_from_elsewhere(service: Service, visit: Visitors, kind: str):
    """With the cookie, as a browser would send it were it not SameSite, and with the right token besides."""
    visits = {role: visit(role) for role in Role}
    tokens = {role: _TOKEN.search(browser.see("/help"))[1] for role, browser in visits.items()}
    foreign, before = service.client(), everything(service)
    for path in FORMS:
        role = next(role for role in Role if TABLE[f"POST {path}"][role] != "-")
        browser = visits[role]
        headers = {"Cookie": browser.headers["Cookie"]} | FOREIGN[kind]
        answer = foreign.post(address(path), data={FORM_FIELD: tokens[role]}, headers=headers)
        assert answer.status_code == 403, f"{path}: {answer.status_code}"
        assert "did not come from a page of ours" in answer.text, path
    assert everything(service) == before


def test_nobody_is_signed_in_from_elsewhere(service: Service, visit: Visitors):
    """Login CSRF: a victim who works in the attacker's account."""
    volunteer = service.sign_in(Role.VOLUNTEER)
    answer = visit().post(
        "/sign-in", data={"name": "x", "key": volunteer.token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_no_page_changes_anything_when_it_is_asked_for(visit: Visitors):
    """Where only a form is taken, asking for the address finds nothing, or another page whose id it is not (422)."""
    browser = visit(Role.REVIEWER)
    for path in FORMS:
        if f"GET {path}" not in TABLE:
            assert browser.get(address(path)).status_code in (403, 404, 405, 422), path
    assert browser.get("/sign-out").status_code == 405
    assert browser.get("/review/mine").status_code == 200


def test_a_cookie_opens_nothing_of_the_api(service: Service):
    admin = service.sign_in(Role.ADMIN)
    with httpx.Client(base_url=service.url, headers={"Cookie": f"{SESSION_COOKIE}={admin.token}"}) as browser:
        assert browser.get("/v1/users").status_code == 401
        assert browser.post("/v1/invitations", json={"role": "admin"}).status_code == 401


def test_the_cookie_is_for_this_host_alone_and_scripts_do_not_see_it(service: Service, visit: Visitors):
    volunteer = service.sign_in(Role.VOLUNTEER)
    answer = visit().fill("/sign-in", {"key": volunteer.token})
    cookies = [value for value in answer.headers.get_list("set-cookie") if value.startswith(SESSION_COOKIE)]
    assert len(cookies) == 1
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookies[0].split("; "))
    assert "Domain" not in cookies[0]


def test_no_answer_lets_another_site_read_it(service: Service):
    client = service.sign_in(Role.ADMIN)
    for method, path in (("GET", "/v1/users"), ("OPTIONS", "/v1/users"), ("GET", "/help"), ("OPTIONS", "/sign-in")):
        answer = client.request(method, path, headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")], path
