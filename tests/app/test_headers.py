"""Every answer of every route carries the headers that keep a browser from doing harm with it (attack S10)."""

import re
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from app.house import House
from app.main import ROUTERS, create_app
from app.pages.cookie import FORM_FIELD, SESSION_COOKIE
from app.pages.routes import PAGES
from models.user import Role
from tests.app.conftest import AccountClient, Service, running

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_ALLOWED = {"camera=()", "display-capture=()", "microphone=()", "payment=()", "usb=()"}
OTHERS = ("GET /openapi.json", "GET /livez", "GET /readyz", "GET /metrics", "GET /static/homeward.css", "GET /nowhere")
OWN_FILES = {"GET /static/homeward.css", "GET /photos-worker.js"}


def routes() -> list[str]:
    found = (route for router in (*ROUTERS, *PAGES) for route in router.routes if isinstance(route, APIRoute))
    return [*OTHERS, *sorted(f"{method} {route.path}" for route in found for method in route.methods)]


def require_headers(route: str, answer: httpx.Response) -> None:
    told = f"{route}: {answer.status_code}"
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE, told
    assert set(answer.headers["Permissions-Policy"].split(", ")) >= NOT_ALLOWED, told
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'"), told
    assert "frame-ancestors 'none'" in policy, told
    assert "unsafe" not in policy, told
    assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}, told
    kept = "no-cache" if route in OWN_FILES and answer.status_code == 200 else "no-store"
    assert answer.headers["Cache-Control"] == kept, told


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_route_sends_them_whatever_it_answers(service: Service):
    people: list[AccountClient] = [service.client(), *(service.sign_in(role) for role in Role)]
    for route in routes():
        method, path = route.split()
        address = re.sub(r"\{number\}", "0", re.sub(r"\{\w+_id\}", lambda _: str(uuid4()), path))
        ends_the_session = "session" in path or "sign-out" in path
        for person in people[:1] if ends_the_session else people:
            cookie = {"Cookie": f"{SESSION_COOKIE}={person.token}"} if person is not people[0] else {}
            require_headers(route, person.request(method, address, headers=cookie))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_errors_send_them_too(make_house: Callable[..., House]):
    house = make_house()
    app = create_app(house)

    @app.get("/v1/planted")
    def fail() -> None:
        raise RuntimeError

    with running(house, app) as service:
        client = service.client()
        for status, method, path, body in (
            (500, "GET", "/v1/planted", b""),
            (405, "PUT", "/v1/me", b""),
            (413, "POST", "/v1/sessions", b"x" * 2**21),
            (422, "POST", "/v1/sessions", b"{"),
            (404, "GET", "/cases/1/x.css", b""),
        ):
            answer = client.request(method, path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == status, path
            require_headers(f"{method} {path}", answer)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_signing_out_clears_what_the_browser_kept(service: Service):
    by_api = service.sign_in(Role.REVIEWER).delete("/v1/sessions/current")
    assert (by_api.status_code, by_api.headers["Clear-Site-Data"]) == (204, '"cache"')
    reviewer = service.sign_in(Role.REVIEWER)
    token = service.house.context.keyring.digest_of("form token", reviewer.token.encode()).hex()
    own = {"Cookie": f"{SESSION_COOKIE}={reviewer.token}", "Sec-Fetch-Site": "same-origin"}
    by_page = reviewer.post("/sign-out", data={FORM_FIELD: token}, headers=own)
    assert (by_page.status_code, by_page.headers["Clear-Site-Data"]) == (303, '"cache"')


@pytest.mark.parametrize("settings", [{"behind_proxy": True}, {}], ids=["encrypted", "in the clear"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_strict_transport_is_asked_for_where_it_is_encrypted(make_house: Callable[..., House], settings: dict):
    house = make_house(**settings)
    with running(house) as service:
        asked = service.client().get("/livez").headers.get("Strict-Transport-Security")
    assert asked == ("max-age=31536000" if settings else None)
