"""Erasing one person from a photo that shows others too: the supervisor sees the faces, and says which go."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.queries import one_visible
from app.schemas.erasures import ErasureOut
from app.services.crops import Shown, seen, shown_crop
from app.services.erasures import approve_erasure, described, face_numbers, locked_erasure
from indexer.context import Context
from indexer.errors import FaceNumberUnknown
from indexer.redacting import prepare_redaction, redact
from models.actor import Actor, act
from models.erasure import Erasure, ErasureState
from models.errors import WrongState
from models.face import Face
from models.photo import Receipt


def look_at_erasure(context: Context, actor: Actor, erasure_id: UUID, number: int) -> bytes:
    """A face of the photo that an admin proposes to erase, JPEG, other faces grey. `NotFound`, `ChangedMeanwhile`."""

    def find(session: Session) -> Shown:
        erasure = one_visible(session, select(Erasure), Erasure.id, erasure_id, "erasure")
        if number not in face_numbers(session, [erasure.id]).get(erasure.id, []):
            raise NotFound(thing="face")
        receipt = session.get_one(Receipt, erasure.receipt_id)
        face = session.scalars(select(Face).where(Face.photo_id == receipt.photo_id, Face.number == number)).one()
        return shown_crop(context, face)

    return seen(
        context, find, lambda session: act(session, actor, "erasure.look", "erasure", erasure_id, f"face {number}")
    )


def approve_for_people(context: Context, actor: Actor, erasure_id: UUID, numbers: Sequence[int]) -> ErasureOut:
    """The people are gone from the photo when this returns; where nobody else is in it, so is the photo.

    `NotFound`, `FaceNumberUnknown`, `WrongState`, `SamePerson`, `StoredTooLate`, and what storage raises.
    """
    with context.database.reading() as session:
        erasure = one_visible(session, select(Erasure), Erasure.id, erasure_id, "erasure")
        _require_person(session, erasure, numbers)
        photo_id = session.get_one(Receipt, erasure.receipt_id).photo_id
    made = prepare_redaction(context, photo_id, numbers) if photo_id else None
    with context.database.writing() as session:
        if made is None:
            return approve_erasure(session, actor, erasure_id)
        erasure = locked_erasure(session, erasure_id)
        erasure.approve(actor.user)
        told = described(session, erasure)
        redact(session, context, made)
        people = "faces " + ", ".join(map(str, sorted(numbers)))
        act(session, actor, "erasure.approve", "erasure", erasure.id, people)
        return told


def _require_person(session: Session, erasure: Erasure, numbers: Sequence[int]) -> None:
    """`WrongState`, also for a withdrawal, which is of a whole photo; `FaceNumberUnknown`."""
    if erasure.state is not ErasureState.PROPOSED:
        raise WrongState(thing="erasure", state=erasure.state, change="approved")
    known = face_numbers(session, [erasure.id]).get(erasure.id)
    if known is None:
        raise WrongState(thing="erasure", state="of a whole photo", change="approved for single faces")
    for number in numbers:
        if number not in known:
            raise FaceNumberUnknown(number=number, last=max(known))
