"""S3: a field that is not asked for is refused, whatever it is called."""

import re

import pytest
from sqlalchemy import select

from models.records import Base
from models.user import Role
from tests.app.conftest import Service
from tests.app.test_routes import TABLE, bare, declared
from tests.attacks.there import There

EXTRA = (
    "role",
    "state",
    "status",
    "owner_id",
    "worker_id",
    "decided_by",
    "score",
    "founding",
    "approved_at",
    "id",
    "x",
)


def bodies(service: Service) -> dict[str, dict[str, object]]:
    """Route -> the schema of its body."""
    description = service.client().get("/openapi.json").json()
    found = {}
    for route, operation in declared(service).items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            found[route] = content["schema"]
    return {route: resolved(schema, description) for route, schema in found.items()}


def resolved(schema: dict[str, object], description: dict) -> dict[str, object]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return description["components"]["schemas"][name] if name else schema


def test_every_body_is_closed(service: Service):
    description = service.client().get("/openapi.json").json()
    found = bodies(service)
    assert len(found) > 15
    for route, schema in found.items():
        for each in kinds(schema, description):
            assert each["additionalProperties"] is False, route


@pytest.fixture
def there(service: Service) -> There:
    return There(service)


def everything(there: There) -> str:
    with there.service.database.reading() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name not in ("audit_log", "api_keys")]
        return str([session.execute(select(table)).all() for table in tables])


def test_a_field_too_many_is_named_and_changes_nothing(there: There):
    description = there.service.client().get("/openapi.json").json()
    before = everything(there)
    for route, schema in bodies(there.service).items():
        row = TABLE[bare(route)]
        role = next((role for role in Role if row[role] != "-"), None)
        assert role is not None
        asked = {name for each in kinds(schema, description) for name in each["properties"]}
        method, path = route.split()
        path = re.sub(r"\{(\w+)\}", lambda name: str(there.known[name[1]][0]), path)
        for extra in set(EXTRA) - asked:
            sent = {"files": {"file": b"x"}, "data": {extra: "x"}} if "file" in asked else {"json": {extra: "admin"}}
            answer = there.callers[role].request(method, path, **sent)
            assert answer.status_code == 422, f"{route} {extra}: {answer.text}"
            faults = {(fault["where"].rpartition(".")[2], fault["what"]) for fault in answer.json()["faults"]}
            assert (extra, "Extra inputs are not permitted") in faults, f"{route}: {faults}"
    assert everything(there) == before


def kinds(schema: dict, description: dict) -> list[dict]:
    """Of bodies that a route takes; that it may be left out is none."""
    found = [resolved(each, description) for each in schema.get("oneOf") or schema.get("anyOf") or [schema]]
    return [each for each in found if each.get("type") != "null"]
