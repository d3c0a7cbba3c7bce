"""A seeded pair as its reviewer has it: looked at and answered like any other, and its truth told afterwards."""

from collections.abc import Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.schemas.review import AnswerIn
from app.services.children import Child, Look, children_of
from app.services.crops import Poor, Shown, shown_crop, shown_for_comparing
from app.services.pairs import LINKED_FROM, PairFace, Side
from app.services.seeding import is_some_years_younger, linked_wanted
from indexer.context import Context
from models.actor import Actor, act
from models.seeded import SeededPair

YEARS_LINKED = 0.5
"""Less than this lies between face 0 and those that stand for street faces linked to it."""


def visible_seeded(actor: Actor) -> Select[SeededPair]:
    """A reviewer's own."""
    return select(SeededPair).where(SeededPair.reviewer_id == actor.id)


def seeded_faces(session: Session, context: Context, pair: SeededPair) -> list[PairFace]:
    """The face that stands for a street face is 0; the younger looks of the case follow as they were approved.

    From `LINKED_FROM` on come other looks of the child of face 0 at about the same age, as linked street faces would.
    """
    looks = _looks(session, context, pair)
    return [
        PairFace(number, Side.STREET, look.face, None)
        if _is_street(number)
        else PairFace(number, Side.REFERENCE, look.face, round(looks[0].age - look.age) if pair.dated else None)
        for number, look in looks.items()
    ]


def shown_of(session: Session, context: Context, pair: SeededPair, number: int, *, aligned: bool) -> Shown:
    """`NotFound`."""
    looks = _looks(session, context, pair)
    if number not in looks:
        raise NotFound(thing="face")
    show = shown_for_comparing if aligned else shown_crop
    poor = Poor(pair.face_px, pair.seed + number) if _is_street(number) else None
    return show(context, looks[number].face, poor)


def answer_seeded(session: Session, context: Context, actor: Actor, pair: SeededPair, said: AnswerIn) -> SeededPair:
    """The same words in the audit log, and to the reviewer, as for any other pair.

    `NotFound`, `AlreadyAnswered`, `WrongState`.
    """
    if said.know_child:
        pair.recuse()
        act(session, actor, "review.recuse", "assignment", pair.id)
        return pair
    pair.lock(said.score, {group.value: rating for group, rating in said.features.items()}, said.comment)
    if said.other_child:  # what is said of them is refused as it would be of linked faces, and is no error of anyone's
        _require_linked(_looks(session, context, pair), said.other_child)
    act(session, actor, "review.answer", "assignment", pair.id, decides=pair)
    return pair


def _is_street(number: int) -> bool:
    return number == 0 or number >= LINKED_FROM


def _require_linked(looks: dict[int, Look], numbers: list[int]) -> None:
    """`NotFound`."""
    if min(numbers) < LINKED_FROM:
        raise NotFound(thing="linked face")
    if not looks.keys() >= set(numbers):
        raise NotFound(thing="face")


def _looks(session: Session, context: Context, pair: SeededPair) -> dict[int, Look]:
    """By number. None once the reference that stands for the street face was taken away, or has no age any more."""
    if pair.case_id is None or pair.other_case_id is None:
        return {}
    shown, other = children_of(session, context.keyring, [pair.case_id, pair.other_case_id])
    stands_for = next((look for look in other.looks if look.face.id == pair.face_id), None)
    if stands_for is None:
        return {}
    younger = [look for look in shown.looks if is_some_years_younger(look, stands_for)]
    younger.sort(key=lambda look: (look.reference.approved_at, look.reference.id))
    linked = list(_of_the_same_time(other, stands_for, younger))[: linked_wanted(pair)]
    return {0: stands_for, **dict(enumerate(younger, start=1)), **dict(enumerate(linked, start=LINKED_FROM))}


def _of_the_same_time(child: Child, stands_for: Look, younger: list[Look]) -> Iterator[Look]:
    """Good looks of the child about as old, so much older than all that is shown with them."""
    for look in child.looks:
        alike = abs(look.age - stands_for.age) < YEARS_LINKED and all(
            is_some_years_younger(each, look) for each in younger
        )
        if alike and look.is_enrolled and look is not stands_for:
            yield look
