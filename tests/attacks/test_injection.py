"""S9, S12: text of strangers that would be markup, script, SQL, a filter or a line of a log elsewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import app.pages
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.pages.conftest import Visitors

PAGES = Path(app.pages.__file__).parent
MARK = "planted7"
PAYLOADS = [
    f"<script>{MARK}</script>",
    f'"><img src=x onerror={MARK}>',
    f"' onfocus={MARK} autofocus x='",
    f"javascript:{MARK}",
    f"{{{{ {MARK} }}}}{{% {MARK} %}}",
    f"</textarea><svg/onload={MARK}>",
    f"&lt;script&gt;{MARK}",
]


OWN_ATTRIBUTES = r"'[^']*'(\s*\|\s*format\(today\)\)?)?\s*\|\s*safe"
"""Attributes that stand in the template itself; the one thing put into them is the day."""


class Seen(HTMLParser):
    """What a browser would make of a page: elements, and attributes by which script runs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hostile: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            runs = name in ("href", "src", "action", "formaction") and (value or "").startswith("javascript:")
            if runs or name.startswith("on") or MARK in name:
                self.hostile.append(f"<{tag} {name}={value}>")
        if tag in ("script", "iframe", "object", "embed") and "src" not in dict(attributes):
            self.hostile.append(f"<{tag}>")

    def handle_data(self, data: str) -> None:
        self.text += data


def pages_of(desk: Desk, visit: Visitors, payload: str) -> list[str]:
    """Every page on which somebody else reads what a person entered."""
    details = ("child_name", "police_reference", "custody", "consent", "asked_by", "notes", "last_seen_place")
    case_id = desk.open_case(**dict.fromkeys(details[:5], payload))
    desk.worker.patch(f"/v1/cases/{case_id}", json={"custody": payload})
    [candidate] = desk.add_candidates(1, case_id)
    for answer in (2, -2):
        reviewer = desk.reviewer()
        desk.say(reviewer, desk.assign(reviewer, candidate), answer=answer, comment=payload)
    worker, supervisor = visit(desk.worker.user), visit(desk.supervisor.user)
    paths = {
        worker: ["/cases", f"/cases/{case_id}", f"/cases/{case_id}/edit"],
        supervisor: [f"/supervision/cases/{case_id}", f"/supervision/candidates/{candidate}"],
    }
    wrong = worker.fill(f"/cases/{case_id}/edit", {"child_name": payload, "born_on": payload})
    refused = visit().fill("/sign-in", {"name": payload, "password": payload})
    accepted = visit().get("/accept", params={"invitation": payload[:80]})
    return [browser.get(path).text for browser, those in paths.items() for path in those] + [
        wrong.text,
        refused.text,
        accepted.text,
    ]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_enter_is_text_on_every_page(service: Service, visit: Visitors, payload: str):
    pages = [Seen(page) for page in pages_of(Desk(service), visit, payload)]
    assert [page.hostile for page in pages if page.hostile] == []
    assert sum(payload in page.text for page in pages) >= 2, "the test would see it where it is shown"


def test_no_template_turns_escaping_off_and_none_holds_script_or_style():
    for template in (PAGES / "html").rglob("*.html"):
        text = re.sub(OWN_ATTRIBUTES, "", template.read_text())
        for hole in (r"\|\s*safe\b", r"autoescape\s+false", r"\|\s*tojson", r"<style", r"<script(?![^>]*\bsrc=)"):
            assert not re.search(hole, text), f"{template}: {hole}"
        assert not re.search(r"<[^>]*\s(on[a-z]+|style)\s*=", text), template
    for source in PAGES.rglob("*.py"):
        assert not re.search(r"Markup\(|autoescape\s*=\s*False", source.read_text()), source


def test_no_script_makes_markup_of_text():
    for script in (PAGES / "files").rglob("*.js"):
        holes = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
        assert not re.search(holes, script.read_text()), script


SQL = [
    "' OR 1=1 --",
    "'; DROP TABLE cases; --",
    "1) UNION SELECT key FROM users --",
    "%",
    "_",
    "\\",
    "case_id == 1 or 1==1",
]


@pytest.mark.parametrize("text", SQL)
def test_no_text_widens_what_is_found(service: Service, text: str):
    """Addresses, cursors and words of a search: parameters, or nothing."""
    desk = Desk(service)
    other = service.sign_in(Role.CASE_WORKER)
    statuses = {
        client.get(path, params=params).status_code
        for client, path, params in (
            (other, f"/v1/cases/{text}", {}),
            (other, "/v1/cases", {"cursor": text}),
            (desk.supervisor, "/v1/candidates", {"state": text}),
            (other, f"/v1/cases/{desk.case_id}' OR '1'='1", {}),
        )
    }
    assert statuses <= {404, 422}
    assert other.get("/v1/cases", params={"order_by": text, "filter": text, "worker_id": text}).json()["items"] == []
    signing = service.client().post("/v1/sessions", json={"name": text, "password": text})
    assert signing.status_code in (401, 422)
    assert desk.worker.get("/v1/cases").json()["items"] != []


def test_no_text_makes_a_line_of_the_log_or_of_the_record(service: Service):
    forged = 'x\n{"event": "planted7"}\r\n\x1b[2J'
    desk = Desk(service)
    with capture_logs() as said:
        desk.worker.post(f"/v1/cases/{desk.case_id}/close", json={"reason": "found", "why": forged})
        service.client().post("/v1/sessions", json={"name": forged, "password": forged})
        service.client().get("/v1/me", headers={"X-Request-Id": "planted7 planted7"})
    assert MARK not in json.dumps(said, default=str)
