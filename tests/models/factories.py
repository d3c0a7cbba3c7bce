"""Rows for tests, with nothing in them that a test does not ask for."""

from datetime import timedelta
from itertools import count
from uuid import uuid4

from sqlalchemy.orm import Session

from models.face import QualityClass
from models.records import Candidate, Case, Face, Photo, Reference, User
from models.reference import ReferenceState
from models.types import now
from models.user import Role, UserState

_numbers = count(1)


def make_user(session: Session, role: Role = Role.VOLUNTEER, **columns: object) -> User:
    columns = {"name": f"{role}-{next(_numbers)}", "state": UserState.ACTIVE} | columns
    user = User(role=role, **columns)
    session.add(user)
    session.flush()
    return user


def make_photo(session: Session, **columns: object) -> Photo:
    columns = {
        "digest": uuid4().bytes * 2,
        "wrapped_key": b"",
        "blob_name": f"photos/{uuid4()}",
        "sealed_exif": b"",
        "width": 640,
        "height": 480,
        "queued_at": now() - timedelta(minutes=1) + timedelta(microseconds=next(_numbers)),  # never in the future
    } | columns
    photo = Photo(**columns)
    session.add(photo)
    session.flush()
    return photo


def make_case(session: Session, worker: User, **columns: object) -> Case:
    columns = {"number": f"HW-{next(_numbers)}", "wrapped_key": b"", "sealed_details": b""} | columns
    case = Case(worker_id=worker.id, **columns)
    session.add(case)
    session.flush()
    return case


def make_reference(session: Session, case: Case, **columns: object) -> Reference:
    columns = {
        "digest": uuid4().bytes * 2,
        "blob_name": f"references/{uuid4()}",
        "width": 640,
        "height": 480,
        "state": ReferenceState.READY,
    } | columns
    reference = Reference(case_id=case.id, **columns)
    session.add(reference)
    session.flush()
    return reference


def make_face(
    session: Session, photo: Photo | None = None, reference: Reference | None = None, **columns: object
) -> Face:
    columns = {
        "number": next(_numbers),
        "box": [10.0, 10.0, 60.0, 60.0],
        "crop_box": [0.0, 0.0, 80.0, 80.0],
        "landmarks": [[20.0, 20.0], [40.0, 20.0], [30.0, 30.0], [24.0, 40.0], [36.0, 40.0]],
        "scheme": "arcface",
        "detector_pack_id": "test",
        "detector_score": 1.0,
        "quality": {},
        "quality_class": QualityClass.GOOD,
        "crop_blob_name": f"crops/{uuid4()}",
    } | columns
    face = Face(photo_id=photo.id if photo else None, reference_id=reference.id if reference else None, **columns)
    session.add(face)
    session.flush()
    return face


def make_candidate(session: Session, case: Case, face: Face, **columns: object) -> Candidate:
    candidate = Candidate(case_id=case.id, face_id=face.id, **columns)
    session.add(candidate)
    session.flush()
    return candidate
