"""Every error is a problem with a stable code, and none repeats what was sent."""

import re
from typing import Annotated

import pytest
from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from app import errors as app_errors
from app.errors import STATUS, TooManyRequests, status_of
from app.main import ROUTERS, create_app
from app.problems import Problem, problem_response
from indexer import errors as indexer_errors
from indexer.errors import PackMissing, StorageFull
from models import errors as record_errors
from models.errors import HomewardError, WrongState
from models.user import Role
from tests.app.conftest import Service, running

PROBLEM = "application/problem+json"


def every_error() -> list[type[HomewardError]]:
    modules = (record_errors, indexer_errors, app_errors)
    found = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    return sorted((kind for kind in found if issubclass(kind, HomewardError)), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_a_status_and_a_code_of_its_own(kind: type[HomewardError]):
    assert 400 <= status_of(kind) < 600
    assert [other for other in every_error() if other.code == kind.code] == [kind]


def test_the_table_of_statuses_names_each_class_once_and_only_errors():
    assert all(issubclass(kind, HomewardError) for kind in STATUS)


def test_a_problem_has_the_members_of_rfc_9457():
    answer = problem_response(WrongState(thing="case", state="closed", change="approved"))
    assert (answer.status_code, answer.media_type) == (409, PROBLEM)
    assert Problem.model_validate_json(answer.body) == Problem(
        type="about:blank",
        title="Conflict",
        status=409,
        code="wrong_state",
        detail="The case is closed, so it cannot be approved.",
    )


def test_a_fault_of_the_service_names_no_place_of_its_machine():
    assert b"/srv" not in problem_response(PackMissing(pack="open", path="/srv/packs")).body
    assert b"nothing was kept" in problem_response(StorageFull()).body


def test_a_wait_is_told_in_the_header():
    assert problem_response(TooManyRequests(seconds=7)).headers["retry-after"] == "7"


SECRET = "Aaliyah-Lindenstrasse-7"


@pytest.mark.parametrize(
    ("request_made", "places"),
    [
        ({"json": {"name": SECRET + "<", "password": "x"}}, ["body.sign_in.name"]),
        ({"json": {"name": [SECRET], "password": {SECRET: 1}}}, ["body.sign_in.name"]),
        ({"json": {"name": "anna", "password": "x", SECRET + " #": "x"}}, ["body.sign_in.?"]),
        ({"content": b'{"name": "' + SECRET.encode(), "headers": {"Content-Type": "application/json"}}, ["body.9"]),
        ({"content": SECRET.encode(), "headers": {"Content-Type": "text/plain"}}, ["body.sign_in"]),
    ],
)
def test_a_wrong_request_is_told_where_and_its_values_are_not_repeated(
    service: Service, request_made: dict[str, object], places: list[str]
):
    answer = service.client().post("/v1/sessions", **request_made)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert answer.headers["content-type"] == PROBLEM
    assert set(places) <= {fault["where"] for fault in answer.json()["faults"]}
    assert SECRET not in answer.text


def test_a_wrong_id_and_a_wrong_number_are_told_without_the_value(service: Service):
    admin = service.sign_in(Role.ADMIN)
    # Pydantic would say which character of the id was the wrong one.
    assert admin.delete(f"/v1/users/{SECRET}").json()["faults"] == [{"where": "path.user_id", "what": "uuid parsing"}]
    for answer in (admin.delete(f"/v1/users/{SECRET}"), admin.get("/v1/users", params={"limit": SECRET})):
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
        assert SECRET not in answer.text


def test_unknown_addresses_and_methods_are_problems(service: Service):
    client = service.client()
    assert client.get("/v1/nowhere").json()["code"] == "not_found"
    wrong = client.put("/v1/me")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "GET")


def test_a_request_keeps_its_name_when_it_is_well_formed(service: Service):
    client = service.client()
    assert client.get("/livez", headers={"X-Request-Id": "phone-12345678"}).headers["x-request-id"] == "phone-12345678"
    for forged in ("short", "a b c d e f g h", "x" * 65, "12345678\x1b[31m"):
        made = client.get("/livez", headers={"X-Request-Id": forged}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", made)


def test_every_answer_carries_the_security_headers(service: Service):
    client = service.client()
    for answer in (client.get("/livez"), client.get("/v1/nowhere"), client.get("/v1/me")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers or answer.headers["server"] == "uvicorn"


class Item(BaseModel):
    number: int


def test_unexpected_errors_and_those_of_the_database_show_nothing_of_themselves(make_house):
    broken = APIRouter()
    raised = {
        "unexpected": ValueError(SECRET),
        "stale": StaleDataError(SECRET),
        "unique": IntegrityError(SECRET, None, Exception("UNIQUE constraint failed: users.name")),
        "not_null": IntegrityError(SECRET, None, Exception("NOT NULL constraint failed: users.name")),
        "away": OperationalError(SECRET, None, Exception(SECRET)),
    }

    @broken.get("/v1/broken")
    def fail(how: Annotated[str, Query()]) -> Item:
        raise raised[how]

    house = make_house()
    app = create_app(house)
    app.include_router(broken)
    expected = {
        "unexpected": (500, "internal_error"),
        "stale": (409, "changed_meanwhile"),
        "unique": (409, "changed_meanwhile"),
        "not_null": (500, "internal_error"),
        "away": (503, "service_busy"),
    }
    with running(house, app) as service:
        for how, (status, code) in expected.items():
            answer = service.client().get("/v1/broken", params={"how": how})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert SECRET not in answer.text
            assert "Traceback" not in answer.text
            assert answer.headers["x-content-type-options"] == "nosniff"
            if status == 500:
                assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_no_router_is_left_out():
    assert len(set(map(id, ROUTERS))) == len(ROUTERS)


def test_a_file_sent_as_plain_text_is_told_how_a_file_is_sent(service: Service):
    answer = service.sign_in(Role.VOLUNTEER).post("/v1/photos", data={"file": SECRET})
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    [fault] = answer.json()["faults"]
    assert fault["where"] == "body.file"
    assert "with a file name, in a multipart/form-data form" in fault["what"]
    assert SECRET not in answer.text


def test_the_description_says_that_files_come_in_a_multipart_form(service: Service):
    paths = service.client().get("/openapi.json").json()["paths"]
    for path in ("/v1/photos", "/v1/cases/{case_id}/references"):
        assert list(paths[path]["post"]["requestBody"]["content"]) == ["multipart/form-data"], path
