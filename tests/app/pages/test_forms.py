"""No form of a page is taken from elsewhere, whatever page it is of: a route without the guard fails here by itself."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from fastapi import Request
from fastapi.routing import APIRoute

from app.main import ROUTERS
from app.pages.cookie import FORM_FIELD, FORM_HEADER, SESSION_COOKIE, form_token
from app.pages.routes import PAGES
from app.pages.static import router as static_router
from models.user import Role
from tests.app.conftest import Service
from tests.app.pages.test_table import TABLE

SAFE = {"GET", "HEAD"}


def changing(routers) -> list[tuple[str, str]]:
    """Method and path of every route that may change something."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return sorted((method, route.path) for route in routes for method in route.methods - SAFE)


FORMS = changing((*PAGES, static_router))


def address(path: str) -> str:
    return re.sub(r"\{\w+\}", lambda _: str(uuid4()), path.replace("{number}", "0"))


class Browser:
    """Someone who may see the page a form stands on: a browser that has their cookie, and what its page knows."""

    def __init__(self, service: Service, method: str, path: str) -> None:
        row = TABLE[f"{method} {path}"]
        role = next((role for role in Role if row[role] != "-"), None)
        assert role is not None
        self.method, self.path, self.host = method, address(path), service.url
        self.cookie = f"{SESSION_COOKIE}={service.sign_in(role).token}"
        asked = Request({"type": "http", "headers": [(b"cookie", self.cookie.encode())]})
        self.form_token = form_token(service.house.context.keyring, asked)
        self.client = service.client()

    def send(self, headers: dict[str, str], sent: str | None, in_header: bool = False) -> httpx.Response:
        headers = {"Cookie": self.cookie} | headers
        if sent is not None and in_header:
            headers[FORM_HEADER] = sent
        data = {FORM_FIELD: sent} if sent is not None and not in_header else {}
        return self.client.request(self.method, self.path, headers=headers, data=data)


def from_elsewhere(browser: Browser) -> Iterator[httpx.Response]:
    """Every way a form that is not ours may come."""
    own, site = browser.form_token, "Sec-Fetch-Site"
    for foreign in ("cross-site", "same-site", "none", ""):
        yield browser.send({site: foreign}, own)
        yield browser.send({site: foreign, "Origin": browser.host}, own, in_header=True)
    yield browser.send({}, own)
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        yield browser.send({"Origin": origin}, own)
    for wrong in (None, "", "0" * 64, own[:-1], "é" * 10):
        yield browser.send({site: "same-origin"}, wrong)
    yield browser.send({site: "same-origin"}, "0" * 64, in_header=True)


def test_every_page_that_changes_something_is_a_form():
    assert {method for method, _ in FORMS} == {"POST"}


@pytest.mark.parametrize(("method", "path"), FORMS)
def test_a_form_is_taken_from_our_own_pages_alone(service: Service, method: str, path: str):
    browser = Browser(service, method, path)
    for answer in from_elsewhere(browser):
        assert answer.status_code == 403, answer.request.headers
        assert "form_foreign" in answer.text, answer.request.headers
    ours = browser.send({"Origin": browser.host}, browser.form_token)
    assert "form_foreign" not in ours.text


def test_the_api_knows_no_cookie(service: Service):
    """So nothing of another site can make a browser call it."""
    calls = [(method, path) for method, path in changing(ROUTERS) if path != "/v1/sessions"]
    assert len(calls) > 20
    tokens, client = [service.sign_in(role).token for role in Role], service.client()
    for method, path in calls:
        for token in tokens:
            headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Sec-Fetch-Site": "same-origin"}
            answer = client.request(method, address(path), headers=headers, json={})
            assert answer.status_code == 401, f"{method} {path}"


def test_signing_in_from_elsewhere_signs_nobody_in(service: Service):
    """Else a page could have its reader work under an account of its own."""
    volunteer = service.sign_in(Role.VOLUNTEER)
    answer = service.client().post(
        "/sign-in",
        data={FORM_FIELD: "", "key": volunteer.token},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_no_address_that_is_only_looked_at_signs_anybody_out(service: Service):
    reviewer, browser = service.sign_in(Role.REVIEWER), service.client()
    for path in ("/sign-out", "/account/prove", "/account/password"):
        answer = browser.get(path, headers={"Cookie": f"{SESSION_COOKIE}={reviewer.token}"})
        assert answer.status_code in {404, 405}
    assert reviewer.get("/v1/me").status_code == 200
