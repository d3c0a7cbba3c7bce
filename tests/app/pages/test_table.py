"""docs/pages.md has a row for every page, and each page refuses whoever its row does not let in."""

import re
from pathlib import Path
from uuid import uuid4

from fastapi.routing import APIRoute

from app.pages.routes import PAGES
from app.pages.static import router as static_router
from models.user import Role
from tests.app.pages.conftest import Visitors

PAGE = Path(__file__).resolve().parents[3] / "docs" / "pages.md"


def table() -> dict[str, dict[str, str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    columns = [cell.strip() for cell in lines[0].strip("|").split("|")]
    rows = ([cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[1:])
    return {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in rows}


TABLE = table()


def routes() -> set[str]:
    found = (route for router in (*PAGES, static_router) for route in router.routes if isinstance(route, APIRoute))
    return {f"{method} {route.path}" for route in found for method in route.methods}


def address(path: str) -> str:
    return re.sub(r"\{\w+\}", lambda _: str(uuid4()), re.sub(r"\{(number|\w+:path)\}", "0", path))


def test_pages_and_rows_are_the_same():
    assert {re.sub(r":path", "", route) for route in routes()} == set(TABLE)
    assert {word for row in TABLE.values() for word in row.values()} <= {"yes", "own", "-"}
    assert {tuple(row) for row in TABLE.values()} == {(*Role, "anyone")}


def test_each_role_is_refused_what_its_column_does_not_allow(visit: Visitors):
    visits = {role: visit(role) for role in Role}
    for route, row in TABLE.items():
        method, path = route.split()
        if route == "POST /sign-out":
            continue
        for role, browser in visits.items():
            answer = browser.get(address(path)) if method == "GET" else browser.fill(address(path))
            refused = answer.status_code == 403 and "not_allowed" in answer.text
            assert refused == (row[role] == "-"), f"{role} {route}: {answer.status_code}"


def test_a_stranger_is_led_to_sign_in_from_everything_else(visit: Visitors):
    stranger = visit()
    for route, row in TABLE.items():
        method, path = route.split()
        answer = stranger.get(address(path)) if method == "GET" else stranger.fill(address(path))
        led = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert led == (row["anyone"] == "-" or route == "GET /"), f"{route}: {answer.status_code}"
