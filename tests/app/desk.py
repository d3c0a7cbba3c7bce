"""A desk for review: cases with references, street faces, candidates, and the people who decide on them."""

import io
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import numpy as np
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from indexer.images import decode_crop, encode_crop, face_crop
from indexer.intake import UploadDetails
from indexer.sealed_records import (
    about_crop,
    about_exif,
    about_photo,
    about_receipt,
    case_key,
    new_photo_key,
    photo_blob,
    photo_key,
    seal_json,
)
from indexer.sealing import seal
from models.candidate import CandidateState
from models.case import Case
from models.face import Face
from models.photo import Photo, Receipt
from models.records import Alert, Assignment, AuditEntry, Authority, Candidate, Review
from models.reference import Reference
from models.session import Database
from models.types import now
from models.user import Role, User
from tests.app.conftest import AccountClient, Service
from tests.app.worlds import approve_case, open_case
from tests.models.factories import make_candidate, make_face, make_photo, make_reference, make_user

WIDTH, HEIGHT = 320, 200
FIRST, SECOND = (60.0, 60.0, 110.0, 110.0), (130.0, 60.0, 180.0, 110.0)
"""Two faces so near each other that the crop of each holds a part of the other."""
LANDMARKS = np.array([[75, 80], [95, 80], [85, 90], [77, 100], [93, 100]], np.float32)
RED, GREEN, GROUND = (200, 40, 40), (40, 200, 40), (90, 90, 160)
LONG_ENOUGH_TO_WAIT = 0.3
NO_CAMERA = {"taken_at": None, "latitude": None, "longitude": None}


def picture() -> np.ndarray:
    """Two faces, a red one and a green one."""
    pixels = np.full((HEIGHT, WIDTH, 3), GROUND, np.uint8)
    for (left, top, right, bottom), colour in ((FIRST, RED), (SECOND, GREEN)):
        pixels[int(top) : int(bottom), int(left) : int(right)] = colour
    return pixels


class Desk:
    """A running service with one approved case of one reference; everything else is asked for."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.context = service.house.context
        self.worker = service.sign_in(Role.CASE_WORKER)
        self.supervisor = service.sign_in(Role.SUPERVISOR)
        self.volunteer = self.writing(lambda session: make_user(session, Role.VOLUNTEER))
        self.case_id = self.open_case()

    def writing(self, work: Callable[[Session], object]):
        with self.service.database.writing() as session:
            return work(session)

    def reading(self, work: Callable[[Session], object]):
        with self.service.database.reading() as session:
            return work(session)

    def reviewer(self, **columns: object) -> AccountClient:
        return self.service.sign_in(Role.REVIEWER, **columns)

    # --- records -----------------------------------------------------------------------------------------------------

    def open_case(self, **details: object) -> str:
        """Approved, with one reference of 2019."""
        case_id = open_case(self.worker, **details)["id"]
        assert approve_case(self.supervisor, f"/v1/cases/{case_id}").status_code == 200
        self.add_reference(case_id, taken_on=date(2019, 7, 1))
        return case_id

    def add_reference(self, case_id: str, approved: bool = True, **columns: object) -> UUID:
        def add(session: Session) -> UUID:
            case = session.get_one(Case, UUID(case_id))
            approval = {"chosen": 0, "approved_at": now() if approved else None}
            reference = make_reference(session, case, **(approval | columns))
            self._faces(session, case_key(self.context.keyring, case), reference=reference)
            return reference.id

        return self.writing(add)

    def add_photo(self, camera: dict | None = None, **said: object) -> UUID:
        """A photo of two faces as the worker leaves it, and its receipt with what was said."""

        def add(session: Session) -> UUID:
            photo_id = uuid4()
            key, wrapped = new_photo_key(self.context.keyring, photo_id)
            exif = seal_json(key, NO_CAMERA | (camera or {}), about_exif(photo_id))
            blob = photo_blob(photo_id)
            photo = make_photo(session, id=photo_id, wrapped_key=wrapped, sealed_exif=exif, blob_name=blob)
            photo.finish(2, None)
            self.context.store.put(blob, seal(key, encode_crop(picture()), about_photo(photo_id)))
            self._faces(session, key, photo=photo)
            return photo_id

        photo_id = self.writing(add)
        self.add_receipt(photo_id, self.volunteer, **said)
        return photo_id

    def add_receipt(self, photo_id: UUID, uploader: User, **said: object) -> UUID:
        def add(session: Session) -> UUID:
            key = photo_key(self.context.keyring, session.get_one(Photo, photo_id))
            receipt = Receipt(id=uuid4(), uploader_id=uploader.id, photo_id=photo_id)
            details = UploadDetails(**said).as_json()
            receipt.sealed_details = seal_json(key, details, about_receipt(receipt.id))
            session.add(receipt)
            return receipt.id

        return self.writing(add)

    def _faces(self, session: Session, key: bytes, **owner: Photo | Reference) -> None:
        for number, box in enumerate((FIRST, SECOND)):
            cut = face_crop(picture(), box, LANDMARKS)
            name = f"crops/{uuid4()}"
            self.context.store.put(name, seal(key, encode_crop(cut.pixels), about_crop(name)))
            columns = {"number": number, "box": list(box), "crop_box": list(cut.box), "crop_blob_name": name}
            columns["quality"] = {"reasons": []}
            make_face(session, **owner, **columns)

    def add_candidates(self, count: int, case_id: str | None = None, **columns: object) -> list[UUID]:
        """Each in a photo of its own."""
        return [self.add_candidate(self.add_photo(), case_id, **columns) for _ in range(count)]

    def add_candidate(self, photo_id: UUID, case_id: str | None = None, **columns: object) -> UUID:
        def add(session: Session) -> UUID:
            face = session.scalars(select(Face).where(Face.photo_id == photo_id, Face.number == 0)).one()
            case = session.get_one(Case, UUID(case_id or self.case_id))
            return make_candidate(session, case, face, **columns).id

        return self.writing(add)

    def add_authority(self, listed: bool = True) -> str:
        def add(session: Session) -> str:
            first, second = make_user(session, Role.SUPERVISOR), make_user(session, Role.SUPERVISOR)
            for each in (first, second):
                each.disable()  # of these tests' supervisors only those who are signed in count
                each.disabled_at = now() - timedelta(days=365)
            authority = Authority(name=f"Office {uuid4()}", contact="+00 112", proposed_by=first.id)
            session.add(authority)
            session.flush()
            if listed:
                authority.agree(second)
            return str(authority.id)

        return self.writing(add)

    # --- what people do ----------------------------------------------------------------------------------------------

    def answered(self, candidate_id: UUID, *answers: int) -> list[AccountClient]:
        """New reviewers, each given this candidate and answering in turn."""
        return [self.answered_by(self.reviewer(), candidate_id, answer) for answer in answers]

    def answered_by(self, reviewer: AccountClient, candidate_id: UUID, answer: int) -> AccountClient:
        assignment_id = self.assign(reviewer, candidate_id)
        said = self.say(reviewer, assignment_id, answer=answer, comment=f"comment of {answer}")
        assert said.status_code == 200, said.text
        return reviewer

    def assign(self, reviewer: AccountClient, candidate_id: UUID) -> str:
        """As the queue would, but this one."""

        def give(session: Session) -> str:
            candidate = session.get_one(Candidate, candidate_id)
            candidate.start_review()
            whose = {"candidate_id": candidate_id, "reviewer_id": reviewer.user.id, "round": candidate.round}
            given = Assignment(**whose, lapses_at=now() + timedelta(minutes=30))
            session.add(given)
            session.flush()
            return str(given.id)

        return self.writing(give)

    @staticmethod
    def take(reviewer: httpx.Client) -> httpx.Response:
        return reviewer.post("/v1/review/assignments")

    @staticmethod
    def say(reviewer: httpx.Client, assignment_id: str, **body: object) -> httpx.Response:
        return reviewer.post(f"/v1/review/assignments/{assignment_id}/answer", json=body)

    def taken(self, reviewer: httpx.Client) -> UUID:
        """The candidate of a new assignment."""
        answer = self.take(reviewer)
        assert answer.status_code == 201, answer.text
        return self.candidate_of(answer.json()["id"])

    def lapse(self, assignment_id: str) -> None:
        """As if half an hour had passed."""

        def age(session: Session) -> None:
            session.get_one(Assignment, UUID(assignment_id)).lapses_at = now()

        self.writing(age)

    # --- what is on record -------------------------------------------------------------------------------------------

    def candidate_of(self, assignment_id: str) -> UUID:
        return self.reading(lambda session: session.get_one(Assignment, UUID(assignment_id)).candidate_id)

    def case_id_of(self, candidate_id: UUID) -> str:
        return str(self.reading(lambda session: session.get_one(Candidate, candidate_id).case_id))

    def photo_of(self, candidate_id: UUID) -> UUID:
        query = select(Face.photo_id).join(Candidate, Candidate.face_id == Face.id).where(Candidate.id == candidate_id)
        return self.reading(lambda session: session.scalars(query).one())

    def set_state(self, candidate_id: UUID, state: str) -> None:
        def put(session: Session) -> None:
            session.get_one(Candidate, candidate_id).state = CandidateState(state)

        self.writing(put)

    def state(self, candidate_id: UUID) -> CandidateState:
        return self.reading(lambda session: session.get_one(Candidate, candidate_id).state)

    def count(self, record: type, *where: object) -> int:
        return self.reading(lambda session: session.scalar(select(func.count()).select_from(record).where(*where)))

    def alerts(self, candidate_id: UUID) -> list[str]:
        query = select(Alert.kind).where(Alert.object_id == str(candidate_id)).order_by(Alert.at)
        return [kind.value for kind in self.reading(lambda session: session.scalars(query).all())]

    def acts(self, action: str) -> list[tuple[UUID, str, str]]:
        """Who, on what, why."""
        query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number)
        rows = self.reading(lambda session: session.scalars(query).all())
        return [(row.actor_id, row.object_id, row.why) for row in rows]

    def answers(self, candidate_id: UUID) -> list[int]:
        query = select(Review.answer).where(Review.candidate_id == candidate_id).order_by(Review.locked_at)
        return list(self.reading(lambda session: session.scalars(query).all()))


def while_uncommitted(
    database: Database, first: Callable[[Session], object], second: Callable[[], httpx.Response]
) -> httpx.Response:
    """What ``second`` gets when it comes in the middle of the transaction of ``first``."""
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(second()))
    with database.writing() as session:
        first(session)
        session.flush()
        thread.start()
        time.sleep(LONG_ENOUGH_TO_WAIT)
        assert not answers, "it did not wait"
    thread.join()
    return answers[0]


def at_once(*works: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """All at the same instant; their answers in order."""
    barrier, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable[[], httpx.Response]) -> None:
        barrier.wait()
        answers[place] = work()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def pixels_of(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    return decode_crop(answer.content)


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as opened:
        return opened.size
