"""S17: every route as its description says, and as it does not, by everyone: no server error, nothing undocumented.

A marker of its own (`schema`): `make attacks` asks each route a few times with a fixed seed, `make fuzz` many times
with a new one, which a failure names.
"""

import os
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from requests import Session
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.house import House
from models.session import Database
from models.user import Role
from tests.app.conftest import running
from tests.attacks.there import NOBODY, There

pytestmark = [pytest.mark.schema, pytest.mark.timeout(3600)]

EXAMPLES = int(os.environ.get("HOMEWARD_EXAMPLES", "3"))
"""Of each kind, for each route."""
SEED = int(os.environ.get("HOMEWARD_SEED") or "1") or secrets.randbelow(2**32)
"""0: another one each time."""
CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNENDING = 10**6


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Both: what one takes, the other may not."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened


@pytest.fixture
def there(make_house: Callable[..., House]) -> Iterator[There]:
    quotas = ("searches_per_case_a_day", "searches_per_worker_a_day", "photos_per_volunteer_a_day")
    with running(make_house(**dict.fromkeys(quotas, UNENDING))) as service:
        yield There(service)


@pytest.mark.parametrize("who", [*Role, NOBODY])
def test_every_answer_is_one_that_the_description_tells(there: There, who: str) -> None:
    description = there.service.client().get("/openapi.json").json()
    token, found = there.token_of(who), defaultdict(set)
    with Session() as connection:
        for operation in operations_of(description):
            signing_out = operation.label == "DELETE /v1/sessions/current"
            connection.headers["Authorization"] = f"Bearer {there.token_of(who) if signing_out else token}"
            for mode in GenerationMode:
                found[operation.label] |= faults(operation, mode, connection, there)
    told = [f"{route}: {each}" for route, those in found.items() for each in sorted(those)]
    assert not told, f"seed {SEED}\n" + "\n".join(told)


def operations_of(description: dict[str, object]) -> list[APIOperation]:
    """What takes something away comes last, so that the others find what they ask for."""
    found = [result.ok() for result in schemathesis.openapi.from_dict(description).get_all_operations()]
    return sorted(found, key=lambda each: (each.method == "delete", each.path.endswith("/close"), each.label))


def faults(operation: APIOperation, mode: GenerationMode, connection: Session, there: There) -> set[str]:
    """What was wrong with the answers to one route."""
    wrong: set[str] = set()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), draw=st.data())
    def ask(case: Case, draw: st.DataObject) -> None:
        if mode.is_positive:
            there.put_into(case, draw)
        try:
            case.validate_response(case.call(there.service.url, connection), CHECKED)
        except FailureGroup as failed:
            wrong.update(str(each) for each in failed.exceptions)

    with suppress(
        *() if mode.is_positive else (Unsatisfiable,)
    ):  # a route that takes nothing can be given nothing wrong
        ask()
    return wrong
