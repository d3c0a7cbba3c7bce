"""A seeded pair as its reviewer has it: looked at and answered like any other, and its truth told afterwards."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.schemas.review import AnswerIn
from app.services.children import Look, children_of
from app.services.crops import Poor, Shown, shown_crop, shown_for_comparing
from app.services.pairs import LINKED_FROM, PairFace, Side
from app.services.seeding import is_some_years_younger
from indexer.context import Context
from models.actor import Actor, act
from models.seeded import SeededPair


def visible_seeded(actor: Actor) -> Select[SeededPair]:
    """A reviewer's own."""
    return select(SeededPair).where(SeededPair.reviewer_id == actor.id)


def seeded_faces(session: Session, context: Context, pair: SeededPair) -> list[PairFace]:
    """The face that stands for a street face is 0; the younger looks of the case follow as they were approved."""
    looks = _looks(session, context, pair)
    if not looks:
        return []
    stands_for, *shown = looks
    return [
        PairFace(0, Side.STREET, stands_for.face, None),
        *(
            PairFace(number, Side.REFERENCE, look.face, round(stands_for.age - look.age) if pair.dated else None)
            for number, look in enumerate(shown, start=1)
        ),
    ]


def shown_of(session: Session, context: Context, pair: SeededPair, number: int, *, aligned: bool) -> Shown:
    """`NotFound`."""
    looks = _looks(session, context, pair)
    if number >= len(looks):
        raise NotFound(thing="face")
    show = shown_for_comparing if aligned else shown_crop
    return show(context, looks[number].face, Poor(pair.face_px, pair.seed) if number == 0 else None)


def answer_seeded(session: Session, actor: Actor, pair: SeededPair, said: AnswerIn) -> SeededPair:
    """The same words in the audit log, and to the reviewer, as for any other pair.

    `NotFound`, `AlreadyAnswered`, `WrongState`.
    """
    if said.know_child:
        pair.recuse()
        act(session, actor, "review.recuse", "assignment", pair.id)
        return pair
    pair.lock(said.score, {group.value: rating for group, rating in said.features.items()}, said.comment)
    if said.other_child:  # no face is linked to this one
        raise NotFound(thing="linked face" if min(said.other_child) < LINKED_FROM else "face")
    act(session, actor, "review.answer", "assignment", pair.id)
    return pair


def _looks(session: Session, context: Context, pair: SeededPair) -> list[Look]:
    """Nothing once the reference that stands for the street face was taken away, or has no age any more."""
    if pair.case_id is None or pair.other_case_id is None:
        return []
    shown, other = children_of(session, context.keyring, [pair.case_id, pair.other_case_id])
    stands_for = next((look for look in other.looks if look.face.id == pair.face_id), None)
    if stands_for is None:
        return []
    younger = [look for look in shown.looks if is_some_years_younger(look, stands_for)]
    return [stands_for, *sorted(younger, key=lambda look: (look.reference.approved_at, look.reference.id))]
