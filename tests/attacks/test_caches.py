"""S11: what caches, shared ones and the browser's own, are given to keep. Headers: tests/app/test_headers.py."""

import time

import pytest

from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.pages.conftest import Visitors


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
