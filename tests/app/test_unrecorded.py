"""What cannot be put on record is not shown: with a log that takes no row, no route gives a face, a case or a place."""

import re
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.main import ROUTERS
from app.pages.cookie import SESSION_COOKIE
from app.pages.routes import PAGES
from indexer.images import encode_crop
from indexer.sealed_records import about_reference, case_key, reference_blob
from indexer.sealing import seal
from models.candidate import CandidateState
from models.records import Case, Reference, Release
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.desk import Desk, picture

NAME, PLACE, JPEG = b"Planted Child", b"Planted Square", b"\xff\xd8\xff"
FULL = {
    "sqlite": ["CREATE TRIGGER full_log BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"],
    "postgresql": [
        "CREATE FUNCTION full_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$",
        "CREATE TRIGGER full_log BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION full_log()",
    ],
}
SHOWS = {
    "GET /v1/cases/{case_id}", "GET /v1/cases/{case_id}/references/{reference_id}/image",
    "GET /v1/review/assignments/{assignment_id}/faces/{number}", "GET /v1/candidates/{candidate_id}/faces/{number}",
    "GET /cases", "GET /cases/{case_id}", "GET /cases/{case_id}/references/{reference_id}/image",
    "GET /cases/{case_id}/references/{reference_id}/face", "GET /review/{assignment_id}/faces/{number}",
    "GET /supervision/cases/{case_id}",
    "GET /supervision/cases/{case_id}/references/{reference_id}/image",
    "GET /supervision/candidates/{candidate_id}/faces/{number}", "GET /supervision/candidates/{candidate_id}/packet",
}  # fmt: skip
OUT_OF_ORDER = {"GET /v1/gallery", "GET /v1/stats", "GET /operations"}
"""They need a gallery or an installation, which are not here."""


def routes() -> Iterator[tuple[str, str]]:
    for router in (*ROUTERS, *PAGES):
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in route.methods:
                yield f"GET {route.path}", route.path


class Planted:
    """One of everything that can be looked at, and everybody who may look."""

    def __init__(self, service: Service) -> None:
        desk = self.desk = Desk(service)
        reviewer = desk.reviewer()
        case_id = desk.open_case(child_name=NAME.decode())
        photo_id = desk.add_photo(place=PLACE.decode())
        released = desk.add_candidate(photo_id, case_id)
        self.assignment_id = desk.assign(reviewer, desk.add_candidates(1, case_id)[0])
        second = service.sign_in(Role.SUPERVISOR)
        self.people: list[AccountClient] = [desk.worker, desk.supervisor, second, reviewer]
        self.people += [service.sign_in(role) for role in (Role.VOLUNTEER, Role.ADMIN, Role.AUDITOR)]
        self._release(released, second)
        reference = self._reference(case_id)
        ids = {"case_id": case_id, "candidate_id": released, "reference_id": reference}
        self.ids = {name: str(value) for name, value in ids.items()} | {"assignment_id": self.assignment_id}

    def _release(self, candidate_id: UUID, agreeing: AccountClient) -> None:
        to = {"authority_id": UUID(self.desk.add_authority()), "proposed_by": self.desk.supervisor.user.id}
        release = Release(candidate_id=candidate_id, reason="found", agreed_by=agreeing.user.id, agreed_at=now(), **to)
        self.desk.writing(lambda session: session.add(release))
        self.desk.set_state(candidate_id, CandidateState.RELEASED)

    def _reference(self, case_id: str) -> UUID:
        """With its picture."""
        reference_id = self.desk.add_reference(case_id)
        blob, context = reference_blob(reference_id), self.desk.context

        def put(session: Session) -> None:
            session.get_one(Reference, reference_id).blob_name = blob
            key = case_key(context.keyring, session.get_one(Case, UUID(case_id)))
            context.store.put(blob, seal(key, encode_crop(picture()), about_reference(reference_id)))

        self.desk.writing(put)
        return reference_id

    def answers(self, path: str) -> Iterator[httpx.Response]:
        """Of everybody, at every face's number."""
        numbers = ("0", "1", "1000") if "{number}" in path else ("0",)
        for number in numbers:
            address = path.replace("{number}", number)
            for name, value in self.ids.items():
                address = address.replace(f"{{{name}}}", value)
            address = re.sub(r"\{\w+(:path)?\}", "0", address)
            for person in self.people:
                cookie = {"Cookie": f"{SESSION_COOKIE}={person.token}"}
                yield person.get(address, headers=cookie)


def shows(answer: httpx.Response) -> bool:
    return any(mark in answer.content for mark in (NAME, PLACE, JPEG))


@pytest.fixture
def planted(service: Service) -> Planted:
    return Planted(service)


def test_what_cannot_be_put_on_record_is_not_shown(planted: Planted):
    looked = set()
    for route, path in routes():
        for answer in planted.answers(path):
            assert answer.status_code < 500 or route in OUT_OF_ORDER, f"{route}: {answer.text[:300]}"
            looked |= {route} if shows(answer) else set()
    assert looked >= SHOWS, SHOWS - looked
    engine = planted.desk.service.database.engine
    with planted.desk.service.database.writing() as session:
        for statement in FULL[engine.dialect.name]:
            session.execute(text(statement))
    for route, path in routes():
        for answer in planted.answers(path):
            assert not shows(answer), f"{route}: {answer.status_code}"


def test_a_release_is_not_agreed_to_off_the_record(planted: Planted):
    desk, candidate = planted.desk, planted.ids["candidate_id"]
    authority = desk.reading(lambda session: str(session.scalars(select(Release.authority_id)).one()))
    url, second = f"/v1/candidates/{candidate}/agree", planted.people[2]
    assert PLACE in second.post(url, json={"authority_id": authority}).content
    with desk.service.database.writing() as session:
        for statement in FULL[desk.service.database.engine.dialect.name]:
            session.execute(text(statement))
    answer = second.post(url, json={"authority_id": authority})
    assert (answer.status_code, shows(answer)) == (500, False)
