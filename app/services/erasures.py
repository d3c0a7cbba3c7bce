"""Erasures: proposed by an admin, or by a withdrawal while people were at work; approved by a supervisor."""

from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from app.queries import one_visible
from app.schemas.erasures import ErasureOut
from indexer.erasure import destroy_photo
from indexer.turns import ERASURE, take_turn
from indexer.withdrawal import PEOPLE_AT_WORK
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate
from models.erasure import Erasure
from models.face import Face
from models.photo import Photo, Receipt
from models.user import Role, User


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
    """The photo is gone when this commits; counted is what went. `NotFound`, `WrongState`, `SamePerson`."""
    take_turn(session, ERASURE)  # before any row is locked, as a withdrawal does
    erasure = one_visible(session, select(Erasure).with_for_update(), Erasure.id, erasure_id, "erasure")
    erasure.approve(actor.user)
    went = described(session, erasure)
    receipt = session.get_one(Receipt, erasure.receipt_id)
    photo = session.get(Photo, receipt.photo_id, with_for_update=True) if receipt.photo_id else None
    if photo is not None:  # else it went by another erasure or withdrawal
        destroy_photo(session, photo)
    act(session, actor, "erasure.approve", "erasure", erasure.id)
    return went


def described(session: Session, erasure: Erasure) -> ErasureOut:
    receipts = select(Receipt).where(Receipt.photo_id == _photo_id(erasure))
    faces = select(Face).where(Face.photo_id == _photo_id(erasure))
    candidates = select(Candidate).where(Candidate.face_id.in_(faces.with_only_columns(Face.id)))
    columns = ("id", "state", "reason", "proposed_at", "approved_by", "approved_at")
    return ErasureOut(
        photo_id=erasure.receipt_id,
        proposed_by=_proposer_told(session, erasure),
        **{name: getattr(erasure, name) for name in columns},
        uploads=_count(session, receipts),
        faces=_count(session, faces),
        candidates=_count(session, candidates),
        candidates_at_work=_count(session, candidates.where(Candidate.state.in_(PEOPLE_AT_WORK))),
    )


def _photo_id(erasure: Erasure) -> ScalarSelect[UUID | None]:
    """Asked by the database, where the photo that is gone equals no other that is."""
    return select(Receipt.photo_id).where(Receipt.id == erasure.receipt_id).scalar_subquery()


def _count(session: Session, rows: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _proposer_told(session: Session, erasure: Erasure) -> UUID | None:
    """A volunteer's account is told to nobody: it would say who took the photo."""
    by_volunteer = session.get_one(User, erasure.proposed_by).role is Role.VOLUNTEER
    return None if by_volunteer else erasure.proposed_by
