"""A seeded pair as its reviewer has it: looked at and answered like any other, and its truth told afterwards."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.schemas.review import AnswerIn
from app.services.crops import Shown, shown_crop, shown_for_comparing, shown_poorly
from app.services.pairs import PairFace, Side, approved_references
from app.services.seeding import age_of
from indexer.context import Context
from models.actor import Actor, act
from models.case import Case
from models.face import Face
from models.seeded import SeededPair


def visible_seeded(actor: Actor) -> Select[SeededPair]:
    """A reviewer's own."""
    return select(SeededPair).where(SeededPair.reviewer_id == actor.id)


def seeded_faces(session: Session, context: Context, pair: SeededPair) -> list[PairFace]:
    """The face that stands for a street face is 0; the other references of the case follow as they were approved."""
    faces = _faces(session, pair)
    if not faces:
        return []
    ages = {face.id: age_of(session, context.keyring, face) for face in faces}
    stands_for, *references = faces
    return [
        PairFace(0, Side.STREET, stands_for, None),
        *(
            PairFace(number, Side.REFERENCE, face, _years(ages[face.id], ages[stands_for.id]))
            for number, face in enumerate(references, start=1)
        ),
    ]


def shown_of(session: Session, context: Context, pair: SeededPair, number: int, *, aligned: bool) -> Shown:
    """`NotFound`."""
    faces = _faces(session, pair)
    if number >= len(faces):
        raise NotFound(thing="face")
    if number == 0:
        return shown_poorly(context, faces[0], pair.seed, aligned=aligned)
    return shown_for_comparing(context, faces[number]) if aligned else shown_crop(context, faces[number])


def answer_seeded(session: Session, actor: Actor, pair: SeededPair, said: AnswerIn) -> SeededPair:
    """The same words in the audit log as for any other pair. `NotFound`, `AlreadyAnswered`, `WrongState`."""
    if said.know_child:
        pair.recuse()
        act(session, actor, "review.recuse", "assignment", pair.id)
        return pair
    if said.other_child:
        raise NotFound(thing="face")
    pair.lock(said.score, {group.value: rating for group, rating in said.features.items()}, said.comment)
    act(session, actor, "review.answer", "assignment", pair.id)
    return pair


def _faces(session: Session, pair: SeededPair) -> list[Face]:
    """Nothing once the case or the reference was taken away."""
    stands_for = session.get(Face, pair.face_id) if pair.face_id is not None else None
    case = session.get(Case, pair.case_id) if pair.case_id is not None else None
    if stands_for is None or case is None:
        return []
    references = [face for _, face in approved_references(session, [case.id]).get(case.id, [])]
    return [stands_for, *(face for face in references if face.id != stands_for.id)]


def _years(before: float | None, after: float | None) -> int | None:
    if before is None or after is None or after < before:
        return None
    return round(after - before)
