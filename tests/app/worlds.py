"""The world of drawn templates behind a running service: its gallery follows the database as the real one does."""

from uuid import UUID

import httpx
from sqlalchemy.orm import Session

from indexer.sealed_records import case_key
from models.case import Case
from tests.app.conftest import AccountClient, Service
from tests.indexer.worlds import DrawnPack, World

CHECKLIST = {
    "police_reference": "P-77/2026",
    "custody": "Court order seen",
    "consent": "Signed by the mother",
    "asked_by": "The mother",
}


def world_of(service: Service) -> World:
    """Faces and cases put straight into the service's records."""
    context = service.house.context
    context.__dict__["_pack"] = DrawnPack()
    return World(context.database, context.keyring)


def follow(service: Service) -> None:
    """Let the service's gallery have what the records have now."""
    service.house.follower.recover()


def open_case(worker: AccountClient, **details: object) -> dict:
    answer = worker.post("/v1/cases", json={"child_name": "Ana"} | CHECKLIST | details)
    assert answer.status_code == 201, answer.text
    return answer.json()


def add_reference(world: World, session: Session, case_id: str, template, **columns) -> UUID:
    """A reference with a template, as if its picture had been embedded; not approved."""
    case = session.get_one(Case, UUID(case_id))
    key = case_key(world.keyring, case)
    return world.add_reference(session, case, key, template, approved=False, **columns).id


def approve_case(supervisor: AccountClient, url: str) -> httpx.Response:
    """As a supervisor does it who has read the case."""
    return supervisor.post(f"{url}/approve", json={"version": supervisor.get(url).json()["version"]})
