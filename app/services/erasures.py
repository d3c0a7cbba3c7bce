"""Erasures: proposed by an admin, or by a withdrawal while people were at work; approved by a supervisor."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.queries import one_visible
from app.schemas.erasures import ErasureOut
from app.services.candidates import SHOWN_TO_SUPERVISORS
from indexer.erasure import destroy_photo
from indexer.holds import require_photo_free
from indexer.turns import ERASURE, take_turn
from indexer.withdrawal import PEOPLE_AT_WORK, is_withdrawal
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate
from models.erasure import Erasure, ErasureState
from models.face import Face
from models.photo import Photo, Receipt


def propose_erasure(session: Session, actor: Actor, receipt_id: UUID, reason: str) -> Erasure:
    """`NotFound`."""
    receipt = one_visible(session, select(Receipt), Receipt.id, receipt_id, "photo")
    erasure = Erasure(receipt_id=receipt.id, reason=reason, proposed_by=actor.id)
    session.add(erasure)
    session.flush()
    kind = AlertKind.ERASURE_AWAITS_APPROVAL
    session.add(Alert(kind=kind, object_type="erasure", object_id=str(erasure.id)))
    act(session, actor, "erasure.propose", "erasure", erasure.id, reason)
    return erasure


def approve_erasure(session: Session, actor: Actor, erasure_id: UUID) -> ErasureOut:
    """The photo is gone when this commits; counted is what went.

    `NotFound`, `WrongState`, `SamePerson`, `OnHold`.

    What an admin proposed is kept away as well, for two people decided on it. A volunteer's withdrawal is not.
    """
    erasure = locked_erasure(session, erasure_id)
    erasure.approve(actor.user)
    went = described(session, erasure)
    receipt = session.get_one(Receipt, erasure.receipt_id)
    photo = session.get(Photo, receipt.photo_id, with_for_update=True) if receipt.photo_id else None
    if photo is not None:  # else it went by another erasure or withdrawal
        require_photo_free(session, photo.id)
        destroy_photo(session, photo, keep_away=not is_withdrawal(erasure, receipt))
    act(session, actor, "erasure.approve", "erasure", erasure.id)
    return went


def locked_erasure(session: Session, erasure_id: UUID) -> Erasure:
    """`NotFound`."""
    take_turn(session, ERASURE)  # before any row is locked, as a withdrawal does
    return one_visible(session, select(Erasure).with_for_update(), Erasure.id, erasure_id, "erasure")


def described(session: Session, erasure: Erasure) -> ErasureOut:
    return all_described(session, [erasure])[0]


def all_described(session: Session, erasures: Sequence[Erasure]) -> list[ErasureOut]:
    """In the same order, with two questions to the database."""
    told = {row.id: row for row in session.execute(_counted().where(Erasure.id.in_([each.id for each in erasures])))}
    numbers = face_numbers(session, [each.id for each in erasures])
    return [_told(erasure, told[erasure.id], numbers.get(erasure.id, [])) for erasure in erasures]


def face_numbers(session: Session, erasure_ids: Sequence[UUID]) -> dict[UUID, list[int]]:
    """By erasure, the faces that a supervisor may look at: of what an admin proposed, while it waits."""
    found = (
        select(Erasure.id, Face.number)
        .join(Receipt, Erasure.receipt_id == Receipt.id)
        .join(Face, Face.photo_id == Receipt.photo_id)
        .where(Erasure.id.in_(erasure_ids), Erasure.state == ErasureState.PROPOSED)
        .where(Erasure.proposed_by != Receipt.uploader_id)
        .order_by(Face.number)
    )
    numbers: dict[UUID, list[int]] = {}
    for erasure_id, number in session.execute(found):
        numbers.setdefault(erasure_id, []).append(number)
    return numbers


def candidates_of(session: Session, receipt_ids: Sequence[UUID]) -> dict[UUID, list[Candidate]]:
    """By receipt, the candidates that a supervisor sees and that an erasure of its photo would end."""
    query = select(Receipt.id, Candidate).join(Face, Face.photo_id == Receipt.photo_id)
    shown = query.join(Candidate, Candidate.face_id == Face.id).where(Candidate.state.in_(SHOWN_TO_SUPERVISORS))
    found: dict[UUID, list[Candidate]] = {}
    for receipt_id, candidate in session.execute(shown.where(Receipt.id.in_(receipt_ids)).order_by(Candidate.found_at)):
        found.setdefault(receipt_id, []).append(candidate)
    return found


def _counted() -> Select[UUID, UUID, int, int, int, int]:
    """What each erasure's photo takes with it: nothing where it is gone, as no photo that is gone equals another."""
    same, of_photo = aliased(Receipt), Face.photo_id == Receipt.photo_id
    candidates = select(func.count()).select_from(Candidate).join(Face, Candidate.face_id == Face.id).where(of_photo)
    return select(
        Erasure.id,
        Receipt.uploader_id,
        _each(select(func.count()).where(same.photo_id == Receipt.photo_id)).label("uploads"),
        _each(select(func.count()).where(of_photo)).label("faces"),
        _each(candidates).label("candidates"),
        _each(candidates.where(Candidate.state.in_(PEOPLE_AT_WORK))).label("candidates_at_work"),
    ).join(Receipt, Erasure.receipt_id == Receipt.id)


def _each(count: Select[int]) -> ScalarSelect[int]:
    return count.correlate(Receipt).scalar_subquery()


def _told(erasure: Erasure, row: Row[UUID, UUID, int, int, int, int], numbers: list[int]) -> ErasureOut:
    """A volunteer's account is told to nobody: it would say who took the photo."""
    columns = ("id", "state", "reason", "proposed_at", "approved_by", "approved_at")
    return ErasureOut(
        photo_id=erasure.receipt_id,
        face_numbers=numbers,
        proposed_by=None if erasure.proposed_by == row.uploader_id else erasure.proposed_by,
        **{name: getattr(erasure, name) for name in columns},
        **{name: getattr(row, name) for name in ("uploads", "faces", "candidates", "candidates_at_work")},
    )
