"""S2: whether something exists cannot be told from an answer, by anybody to whom it does not belong."""

import re
from uuid import UUID, uuid4

import httpx
import pytest

from models.user import Role
from tests.app.conftest import Service
from tests.app.test_routes import TABLE, bare, declared
from tests.attacks.there import There

UNLIKE = {"x-request-id", "date"}


@pytest.fixture
def there(service: Service) -> There:
    return There(service)


def ask(client: httpx.Client, route: str, ids: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
    method, path = route.split()
    body = {} if method in {"POST", "PATCH"} else None
    answer = client.request(method, re.sub(r"\{(\w+)\}", lambda name: str(ids[name[1]]), path), json=body)
    headers = {name: value for name, value in answer.headers.items() if name not in UNLIKE}
    return answer.status_code, answer.content, headers


def test_what_is_anothers_and_what_is_not_there_get_one_answer(there: There):
    """Every route with an id, by everyone whose row says `own`: the ids are those of another account of their role."""
    routes = [route for route in declared(there.service) if "{" in route]
    asked = 0
    for role in Role:
        stranger = there.service.sign_in(role)
        for route in (each for each in routes if TABLE[bare(each)][role] == "own"):
            names = re.findall(r"\{(\w+)\}", route)
            real = {name: there.known[name][0] for name in names}
            absent = {name: value if name == "number" else str(uuid4()) for name, value in real.items()}
            told = ask(stranger, route, real)
            assert told == ask(stranger, route, absent), f"{role} {route}"
            assert told[0] in (404, 422), f"{role} {route}"  # 422: its body is looked at first
            asked += 1
    assert asked > 15


def test_with_a_good_body_too(there: There):
    """Where the body is looked at before the object: with one that is right."""
    worker, reviewer = there.service.sign_in(Role.CASE_WORKER), there.service.sign_in(Role.REVIEWER)
    case, assignment = there.known["case_id"][0], there.known["assignment_id"][0]
    for client, path, real, body in (
        (worker, "/v1/cases/{}/searches", case, {"reason": "As asked"}),
        (worker, "/v1/cases/{}/close", case, {"reason": "found", "why": "As asked"}),
        (worker, "/v1/cases/{}", case, {"child_name": "Another"}),
        (reviewer, "/v1/review/assignments/{}/answer", assignment, {"answer": 2}),
    ):
        method = "PATCH" if path.endswith("{}") else "POST"
        answers = [client.request(method, path.format(each), json=body) for each in (real, uuid4())]
        assert answers[0].content == answers[1].content, path
        assert {answer.status_code for answer in answers} <= {404, 422}


def test_ids_are_random(there: There):
    """Version 4, 122 random bits: none follows from another."""
    for name, ids in there.known.items():
        if name.endswith("_id"):
            assert {UUID(each).version for each in ids} == {4}, name


def test_a_list_tells_no_number_of_what_one_does_not_see(there: There):
    worker, volunteer = there.service.sign_in(Role.CASE_WORKER), there.service.sign_in(Role.VOLUNTEER)
    for client, path in ((worker, "/v1/cases"), (volunteer, "/v1/photos"), (worker, "/v1/alerts")):
        assert client.get(path).json() == {"items": [], "next_cursor": None}
