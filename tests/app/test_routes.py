"""Every route has a row in docs/architecture.md, and refuses whoever its row does not let in."""

import json
import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from models.user import Role, UserState
from tests.app.conftest import Service

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
OUTSIDE = {"GET /metrics"}
PROBLEM = "application/problem+json"


def bare(route: str) -> str:
    """Without the names of its parameters."""
    return re.sub(r"\{\w+\}", "{}", route)


def table() -> dict[str, dict[str, str]]:
    """Route -> column -> `yes`, `own` or `-`."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    columns = [cell.strip() for cell in lines[0].strip("|").split("|")]
    rows = ([cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[1:])
    return {bare(row[0]): dict(zip(columns[1:], row[1:], strict=True)) for row in rows}


TABLE = table()


def declared(service: Service) -> dict[str, dict[str, object]]:
    paths = service.client().get("/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}": what for path, by in paths.items() for method, what in by.items()}


def call(client: httpx.Client, route: str) -> httpx.Response:
    method, path = route.split()
    path = re.sub(r"\{number\}", "0", path)
    path = re.sub(r"\{\w+\}", lambda _: str(uuid4()), path)
    return client.request(method, path, json={} if method in {"POST", "PATCH"} else None)


def test_the_table_is_whole():
    words = {word for row in TABLE.values() for word in row.values()}
    assert words == {"yes", "own", "-"}
    assert {tuple(row) for row in TABLE.values()} == {(*Role, "anyone")}


def test_routes_and_rows_are_the_same(service: Service):
    assert {bare(route) for route in declared(service)} - OUTSIDE == set(TABLE)


def test_each_role_is_refused_what_its_column_does_not_allow(service: Service):
    clients = {role: service.sign_in(role) for role in Role}
    for route in sorted(set(declared(service)) - OUTSIDE):
        for role, client in clients.items():
            if route == "DELETE /v1/sessions/current":
                continue
            answer = call(client, route)
            refused = answer.status_code == 403 and answer.json()["code"] == "not_allowed"
            assert refused == (TABLE[bare(route)][role] == "-"), f"{role} {route}: {answer.status_code}"


def test_a_stranger_is_refused_everything_else(service: Service):
    stranger, bodies = service.client(), set()
    for route in sorted(set(declared(service)) - OUTSIDE):
        answer = call(stranger, route)
        if TABLE[bare(route)]["anyone"] == "-":
            assert answer.status_code == 401, route
            bodies.add(answer.content)
    assert len(bodies) == 1


def test_an_account_that_waits_for_approval_can_do_nothing_but_look_at_itself(service: Service):
    waiting = {role: service.sign_in(role, state=UserState.AWAITING_APPROVAL) for role in Role}
    for route in sorted(set(declared(service)) - OUTSIDE):
        for role, client in waiting.items():
            if (
                TABLE[bare(route)][role] == "-"
                or TABLE[bare(route)]["auditor"] == "own"
                or TABLE[bare(route)]["anyone"] == "yes"
            ):
                continue
            answer = call(client, route)
            assert (answer.status_code, answer.json()["code"]) == (403, "account_not_approved"), f"{role} {route}"
    assert waiting[Role.REVIEWER].get("/v1/me").json()["state"] == "awaiting_approval"


def test_openapi_declares_problems_with_their_codes_and_media_type(service: Service):
    schema = service.client().get("/openapi.json").json()
    assert {"Problem", "Fault"} <= set(schema["components"]["schemas"])
    assert "HTTPValidationError" not in json.dumps(schema)
    for route, operation in declared(service).items():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == [PROBLEM], f"{route} {status}"
        everywhere = {"400", "413", "422", "500", "503"}
        needs = everywhere if TABLE.get(bare(route), {"anyone": "yes"})["anyone"] == "yes" else {*everywhere, "401"}
        assert needs <= set(operation["responses"]), route
        if bare(route) in TABLE and "-" in [TABLE[bare(route)][role] for role in Role]:
            assert "403" in operation["responses"], route


@pytest.mark.parametrize("address", ["/docs", "/redoc", "/v1", "/v1/searches"])
def test_an_address_outside_the_table_does_not_exist(service: Service, address: str):
    assert service.client().get(address).status_code == 404


def test_an_address_with_a_slash_too_many_leads_nowhere(service: Service):
    answer = service.client().post("/v1/photos/", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
