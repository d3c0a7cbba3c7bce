"""References as they are shown: their faces to choose from, and in words what is weak or still wanted."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.schemas.references import ReferenceFace, ReferenceOut
from indexer.quality import QualityReason
from indexer.references import no_face_advice
from models.face import Face
from models.reference import Reference, ReferenceState

_UNDATED = "Say when it was taken, or how old the child is in it."


def references_of(session: Session, references: Sequence[Reference]) -> list[ReferenceOut]:
    """Each with its faces, and in words what is weak."""
    ids = [reference.id for reference in references]
    faces: dict[UUID | None, list[Face]] = {}
    for face in session.scalars(select(Face).where(Face.reference_id.in_(ids)).order_by(Face.number)):
        faces.setdefault(face.reference_id, []).append(face)
    return [_described(reference, faces.get(reference.id, [])) for reference in references]


def _described(reference: Reference, faces: Sequence[Face]) -> ReferenceOut:
    return ReferenceOut(
        id=reference.id,
        case_id=reference.case_id,
        state=reference.state,
        chosen=reference.chosen,
        faces=[_face(face) for face in faces],
        advice=list(_advice(reference, faces)),
        width=reference.width,
        height=reference.height,
        taken_on=reference.taken_on,
        age_years=reference.age_years,
        added_at=reference.added_at,
        approved_at=reference.approved_at,
        approved_by=reference.approved_by,
    )


def _face(face: Face) -> ReferenceFace:
    reasons = [QualityReason(reason) for reason in face.quality["reasons"]]
    return ReferenceFace(
        number=face.number,
        box=face.box,
        quality=face.quality_class,
        reasons=[reason.value for reason in reasons],
        advice=[reason.advice for reason in reasons],
    )


def _advice(reference: Reference, faces: Sequence[Face]) -> Iterator[str]:
    match reference.state:
        case ReferenceState.NO_FACE:
            yield f"No face was found: {no_face_advice(reference)}."
        case ReferenceState.NEEDS_FACE:
            yield f"{len(faces)} faces were found: say which one is the child."
        case ReferenceState.READY:
            yield from (words for face in faces if face.number == reference.chosen for words in _face(face).advice)
    if reference.taken_on is None and reference.age_years is None:
        yield _UNDATED
