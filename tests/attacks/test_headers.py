"""S10, S11: what browsers and caches are told, with every kind of answer."""

import time

import pytest

from app.edge import STRICT_TRANSPORT
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.pages.conftest import Visitors

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def every_kind(desk: Desk, visit: Visitors) -> dict[str, object]:
    candidate = desk.add_candidates(1)[0]
    reviewer = desk.reviewer()
    assignment = desk.assign(reviewer, candidate)
    page, stranger = visit(reviewer.user), visit()
    case = f"/cases/{desk.case_id}"
    return {
        "a face": reviewer.get(f"/v1/review/assignments/{assignment}/faces/0"),
        "a face on a page": page.get(f"/review/{assignment}/faces/0"),
        "a case": desk.worker.get(f"/v1{case}"),
        "a case on a page": visit(desk.worker.user).get(case),
        "a list": desk.supervisor.get("/v1/cases"),
        "a refusal": stranger.get("/v1/users"),
        "a refusal on a page": visit(Role.VOLUNTEER).get("/audit"),
        "nothing": stranger.get("/v1/nowhere"),
        "no page": stranger.get("/nowhere"),
        "a redirect": stranger.get("/cases"),
        "the description": stranger.get("/openapi.json"),
        "sign-in": stranger.get("/sign-in"),
    }


def test_every_kind_of_answer_carries_the_headers(service: Service, visit: Visitors):
    for name, answer in every_kind(Desk(service), visit).items():
        told = {header: answer.headers.get(header) for header in EVERYWHERE}
        assert told == EVERYWHERE, name
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), name
        assert "frame-ancestors 'none'" in policy, name
        assert not [hole for hole in ("unsafe-inline", "unsafe-eval", "http:", "*") if hole in policy], name
        assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin"), name
        assert "camera=()" in answer.headers["permissions-policy"], name
        assert "no-store" in answer.headers["cache-control"], name
        assert "server" not in answer.headers or answer.headers["server"] == "uvicorn", name


def test_transport_security_is_asked_for_where_there_is_tls(served: Service):
    assert "strict-transport-security" not in served.client().get("/livez").headers
    assert STRICT_TRANSPORT == "max-age=31536000"


@pytest.mark.parametrize("ending", ["/x.css", ".css", "/x.jpg", "%2fx.css", ";x.css", "/..%2fx.css", "%00.css"])
def test_a_page_with_a_files_ending_is_no_page(service: Service, visit: Visitors, ending: str):
    """Web cache deception: a shared cache that keeps whatever ends in `.css`."""
    desk = Desk(service)
    for client, path in (
        (visit(desk.worker.user), f"/cases/{desk.case_id}"),
        (desk.worker, f"/v1/cases/{desk.case_id}"),
    ):
        answer = client.get(path + ending)
        assert answer.status_code in (404, 422), path
        assert "Ana" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


def test_ten_thousand_ranges_of_a_picture_are_one_picture(service: Service):
    desk = Desk(service)
    reviewer = desk.reviewer()
    url = f"/v1/review/assignments/{desk.assign(reviewer, desk.add_candidates(1)[0])}/faces/0"
    whole = reviewer.get(url)
    began = time.monotonic()
    answer = reviewer.get(url, headers={"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(10_000))})
    assert time.monotonic() - began < 5
    assert answer.status_code in (200, 400, 431)
    single = reviewer.get(url, headers={"Range": "bytes=0-9"})
    assert (single.status_code, single.content) == (200, whole.content)


def test_after_signing_out_nothing_is_shown_again(service: Service, visit: Visitors):
    desk = Desk(service)
    browser = visit(desk.worker.user)
    path = f"/cases/{desk.case_id}"
    assert "Ana" in browser.see(path)
    assert browser.fill("/sign-out").status_code == 303
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next=%2Fcases%2F{desk.case_id}")


def test_no_file_of_ours_is_reached_by_climbing(service: Service):
    client = service.client()
    for path in (
        "../render.py",
        "..%2frender.py",
        "%2e%2e/render.py",
        "....//render.py",
        "/etc/passwd",
        "style.css%00",
    ):
        assert client.get(f"/static/{path}").status_code == 404, path
