"""Legal holds: while one stands, nothing of it is destroyed, whoever asks."""

from uuid import UUID

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from indexer.errors import OnHold
from models.candidate import Candidate
from models.face import Face
from models.hold import Hold


def held_cases() -> Select[UUID | None]:
    return select(Hold.case_id).where(Hold.case_id.is_not(None), Hold.lifted_at.is_(None))


def held_photos() -> Select[UUID]:
    """Those under a hold of their own, and those with a candidate of a case that is held."""
    own = select(Hold.photo_id).where(Hold.photo_id.is_not(None), Hold.lifted_at.is_(None))
    of_faces = select(Face.photo_id).join(Candidate, Candidate.face_id == Face.id)
    of_cases = of_faces.where(Candidate.case_id.in_(held_cases()), Face.photo_id.is_not(None))
    both = union(own, of_cases).subquery()
    return select(both.c[0])


def is_held(session: Session, photo_id: UUID) -> bool:
    both = held_photos().subquery()
    return session.scalar(select(both.c[0]).where(both.c[0] == photo_id).limit(1)) is not None


def require_photo_free(session: Session, photo_id: UUID) -> None:
    """`OnHold`."""
    if is_held(session, photo_id):
        raise OnHold(thing="photo")


def require_case_free(session: Session, case_id: UUID) -> None:
    """`OnHold`."""
    if session.scalar(held_cases().where(Hold.case_id == case_id).limit(1)) is not None:
        raise OnHold(thing="case")
