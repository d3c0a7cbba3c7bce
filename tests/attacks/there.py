"""What a route can be asked for: one of everything, and a caller of each role to whom it belongs."""

from threading import Event
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import strategies as st
from schemathesis import Case
from sqlalchemy.orm import Session

from app.services.invitations import add_invitation
from indexer.installation import key_check
from indexer.packs.base import FaceCrop, FoundFace, Pixels, Templates
from indexer.worker import Worker
from models.records import Installation
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.desk import FIRST, LANDMARKS, Desk
from tests.app.worlds import follow
from tests.indexer.gallery.synthetic import strangers
from tests.indexer.pictures import drawn_photo
from tests.indexer.worlds import DIMENSION, DrawnPack

NOBODY = "nobody"
SPARE = 3  # of what a call may use up


class OneFacePack(DrawnPack):
    """Every picture shows one face, and each time another one's."""

    def find(self, picture: Pixels) -> list[FoundFace]:
        height, width = picture.shape[:2]
        scale = min(width, height) / 200
        return [FoundFace(tuple(scale * side for side in FIRST), (scale * LANDMARKS).astype(np.float32), 0.9)]

    def embed(self, crops: list[FaceCrop]) -> Templates:
        return strangers(len(crops), DIMENSION, int(np.random.default_rng().integers(2**31)))


def founded(service: Service) -> None:
    """What `homeward init` decides."""
    with service.database.writing() as session:
        if session.get(Installation, 1) is None:
            session.add(Installation(id=1, retention_months=12, key_check=key_check(service.house.context.keyring)))


def work(service: Service) -> None:
    """Let a worker do everything that waits."""
    founded(service)
    Worker(service.house.context, Event()).run(once=True)


class There:
    """A desk with candidates on every stage. ``put_into`` sets what is there in the place of what was made up."""

    def __init__(self, service: Service) -> None:
        self.service = service
        founded(service)
        self.desk = Desk(service)
        self.desk.context.__dict__["_pack"] = OneFacePack()
        follow(service)
        self.callers = {role: service.sign_in(role) for role in Role}
        self.callers |= {Role.CASE_WORKER: self.desk.worker, Role.SUPERVISOR: self.desk.supervisor}
        self.known = self._made()

    def token_of(self, who: str) -> str:
        """A new one; who is nobody has none that is good."""
        return "nonsense" if who == NOBODY else self.service.sign_in_as(self.callers[Role(who)].user).token

    def put_into(self, case: Case, draw: st.DataObject) -> None:
        """Three times of four an id, and a picture, is one that is there."""
        for part in (case.path_parameters, case.body):
            for name in set(part) & set(self.known) if isinstance(part, dict) else ():
                if draw.draw(st.integers(0, 3)):
                    part[name] = draw.draw(st.sampled_from(self._for(case.path, name)))

    def _for(self, path: str, name: str) -> list[Any]:
        using_up = path.endswith(("/close", "/reassign", "/cases/{case_id}/approve"))
        return self.known["spare_case_id" if using_up and name == "case_id" else name]

    def _made(self) -> dict[str, list[Any]]:
        return self._cases() | self._reviewed() | self._people()

    def _cases(self) -> dict[str, list[Any]]:
        desk, case_id = self.desk, self.desk.case_id
        url = f"/v1/cases/{case_id}"
        references = [self._given(url, seed) for seed in range(SPARE)]
        desk.supervisor.post(f"{url}/references/{references[0]}/approve", json={"face": 0}).raise_for_status()
        searched = desk.worker.post(f"{url}/searches", json={"reason": "As asked"}).raise_for_status().json()
        return {
            "case_id": [case_id],
            "spare_case_id": [desk.open_case() for _ in range(SPARE)],
            "reference_id": references,
            "search_id": [searched["id"]],
            "number": [0, 1, 2],
            "face": [0, 1],
            "file": [drawn_photo(seed) for seed in range(SPARE)],
            "version": [desk.supervisor.get(url).json()["version"]],
        }

    def _reviewed(self) -> dict[str, list[Any]]:
        desk, reviewer = self.desk, self.callers[Role.REVIEWER]
        answers = [(), (2, -2), (2, -2), (2, 2), (2, 2), (-2, -2)]
        candidates = desk.add_candidates(len(answers))
        for candidate, given in zip(candidates, answers, strict=True):
            desk.answered(candidate, *given)
        authority = desk.add_authority()
        desk.supervisor.post(
            f"/v1/candidates/{candidates[4]}/release", json={"authority_id": authority, "reason": "Both agree."}
        ).raise_for_status()
        assignments = [desk.assign(reviewer, each) for each in desk.add_candidates(SPARE)]
        return {
            "candidate_id": [str(each) for each in candidates],
            "assignment_id": assignments,
            "authority_id": [authority],
        }

    def _people(self) -> dict[str, list[Any]]:
        service, admin, volunteer = self.service, self.callers[Role.ADMIN], self.callers[Role.VOLUNTEER]
        photos = [self._sent(volunteer, seed) for seed in range(20, 20 + SPARE)]
        erasure = admin.post("/v1/erasures", json={"photo_id": photos[0], "reason": "A court ordered it."})
        users = [service.sign_in(Role.VOLUNTEER).user for _ in range(SPARE)]
        return {
            "photo_id": photos,
            "erasure_id": [erasure.raise_for_status().json()["id"]],
            "user_id": [str(user.id) for user in users],
            "worker_id": [str(self.desk.worker.user.id), str(service.sign_in(Role.CASE_WORKER).user.id)],
            "key_id": [self._key_of(admin, user.id) for user in users],
            "invitation_id": [self._invitation()[0] for _ in range(SPARE)],
            "invitation": [self._invitation(role)[1] for role in Role],
        }

    def _given(self, url: str, seed: int) -> str:
        files = {"file": ("a.jpg", drawn_photo(9 + seed))}
        given = self.desk.worker.post(f"{url}/references", files=files, data={"age_years": 5})
        return str(given.raise_for_status().json()["id"])

    @staticmethod
    def _sent(volunteer: AccountClient, seed: int) -> str:
        sent = volunteer.post("/v1/photos", files={"file": ("a.jpg", drawn_photo(seed))})
        return str(sent.raise_for_status().json()["id"])

    @staticmethod
    def _key_of(admin: AccountClient, user_id: UUID) -> str:
        return str(admin.post("/v1/keys", json={"user_id": str(user_id)}).raise_for_status().json()["id"])

    def _invitation(self, role: Role = Role.VOLUNTEER) -> tuple[str, str]:
        context, settings = self.desk.context, self.service.house.settings

        def add(session: Session) -> tuple[str, str]:
            made, token = add_invitation(session, context.keyring, settings, role, None)
            return str(made.id), token

        return self.desk.writing(add)
