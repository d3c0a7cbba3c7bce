"""S14: the search used to find strangers, to collect faces, or to rebuild one from its scores."""

import json

import pytest

from models.user import Role
from tests.app.conftest import Service
from tests.app.test_routes import TABLE, declared
from tests.attacks.there import There

SEARCHING = [route for route in TABLE if "searches" in route or "candidates" in route or "references" in route]


def test_a_volunteer_searches_in_no_way():
    assert len(SEARCHING) > 10
    assert {TABLE[route]["volunteer"] for route in SEARCHING} == {"-"}


def test_only_case_workers_search_and_only_their_own_cases():
    making = TABLE["POST /v1/cases/{}/searches"]
    assert making == {role: "own" if role == "case_worker" else "-" for role in making}


def test_no_route_takes_or_gives_a_template(service: Service):
    description = json.dumps(service.client().get("/openapi.json").json()).lower()
    assert not [word for word in ("embedding", "vector", '"template"', "probe") if word in description]


@pytest.fixture
def there(service: Service) -> There:
    return There(service)


def test_a_search_tells_scores_in_two_digits_and_twenty_at_most(there: There):
    desk = there.desk
    answer = desk.worker.post(f"/v1/cases/{desk.case_id}/searches", json={"reason": "As asked"}).raise_for_status()
    candidates = answer.json()["candidates"]
    assert len(candidates) <= 20
    for each in candidates:
        assert each["score"] == round(each["score"], 2)
    schema = declared(there.service)["GET /v1/cases/{case_id}/searches"]
    assert "embedding" not in json.dumps(schema)


def test_without_a_reason_or_a_case_that_is_open_and_approved_nothing_is_searched(there: There):
    desk = there.desk
    url = f"/v1/cases/{desk.case_id}/searches"
    for body in ({}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 501}):
        assert desk.worker.post(url, json=body).status_code == 422
    assert desk.worker.post(f"/v1/cases/{desk.case_id}/close", json={"reason": "As asked"}).status_code == 200
    refused = desk.worker.post(url, json={"reason": "As asked"})
    assert refused.status_code == 409


def test_a_picture_is_no_search(there: There):
    """Only references of a case are searched with, once a supervisor has seen them."""
    for route, operation in declared(there.service).items():
        forms = operation.get("requestBody", {}).get("content", {})
        if "multipart/form-data" in forms:
            assert route in ("POST /v1/photos", "POST /v1/cases/{case_id}/references")
    assert there.callers[Role.CASE_WORKER].post("/v1/searches", json={"reason": "x"}).status_code == 404
