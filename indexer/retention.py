"""Destroying what is kept no longer: photos that led to nothing, and what a closed case holds of a child.

    announce   photos whose months are over will be destroyed in seven days; admins see date and number meanwhile
    destroy    those that were announced and still lead to nothing, a few in each transaction
    empty      a case thirty days after it was closed: references, and everything that names the child

A photo led to nothing where no face of it is a candidate that people are deciding on, have confirmed or released, or
that led to a child, in a case that is not emptied yet. Nothing of it is kept away: whoever sends it again, sends a new
photo. A hold stops all of it (`indexer.holds`).

A clock that jumps would destroy everything at once. So a day that comes more than `MOST_JUMP` after the last one that
was seen is not believed until an admin confirms it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from indexer.erasure import destroy_photo
from indexer.holds import held_cases, held_photos
from indexer.keyring import KeyRing
from indexer.references import remove_reference
from indexer.sealed_records import about_case, new_case_key, seal_json
from models.audit import AuditEntry, record_act
from models.candidate import Candidate, CandidateState, Search
from models.case import Case, CaseState
from models.erasure import Erasure, ErasureState
from models.face import Face
from models.photo import Photo, PhotoState, Receipt
from models.records import Installation
from models.reference import Reference
from models.retention import RetentionState
from models.review import Review

DAYS_PER_MONTH = 365.25 / 12
NOTICE = timedelta(days=7)
CLOSED_FOR = timedelta(days=30)
MOST_JUMP = timedelta(days=3)
"""A small server may be off over a weekend. What was off for longer, or has a wrong clock, asks once."""
PHOTOS_AT_ONCE = 20

_PROTECTING = frozenset({
    CandidateState.IN_REVIEW, CandidateState.CONFLICT, CandidateState.CONFIRMED, CandidateState.RELEASED,
    CandidateState.REUNITED, CandidateState.ELSEWHERE,
})  # fmt: skip
_KEPT_STATES = (PhotoState.PENDING, PhotoState.DONE, PhotoState.FAILED)


class Clock(StrEnum):
    """Whether the clock is believed."""

    RIGHT = "right"
    JUMPED = "jumped"  # far ahead of what was seen before
    BEHIND = "behind"  # what was seen before is still to come


@dataclass(frozen=True)
class Forecast:
    """Photos by number: past their ``months``, and that pass them within so many days; what is announced for when."""

    months: int
    past: int
    within_30: int
    within_90: int
    held: int
    announced: int
    destroys_at: datetime | None
    clock: Clock
    seen_at: datetime | None


def clock_of(state: RetentionState | None, moment: datetime) -> Clock:
    if state is None or abs(moment - state.seen_at) <= MOST_JUMP:
        return Clock.RIGHT
    return Clock.JUMPED if moment > state.seen_at else Clock.BEHIND


def kept_for(session: Session) -> timedelta:
    """As was chosen at `homeward init`."""
    return timedelta(days=session.get_one(Installation, 1).retention_months * DAYS_PER_MONTH)


def idle_photos(before: datetime) -> Select[UUID]:
    """Those that came before, led to nothing, and nobody asked to erase or keep."""
    leads_somewhere = (
        exists()
        .where(Face.photo_id == Photo.id, Candidate.face_id == Face.id, Candidate.state.in_(_PROTECTING))
        .where(Case.id == Candidate.case_id, Case.emptied_at.is_(None))
    )
    is_decided_on = exists().where(
        Receipt.photo_id == Photo.id, Erasure.receipt_id == Receipt.id, Erasure.state == ErasureState.PROPOSED
    )
    idle = select(Photo.id).where(Photo.state.in_(_KEPT_STATES), ~leads_somewhere, ~is_decided_on)
    return idle.where(Photo.uploaded_at < before, Photo.id.not_in(held_photos()))


def forecast(session: Session, moment: datetime) -> Forecast:
    """What an admin reads. Never a picture."""
    kept, state = kept_for(session), session.get(RetentionState, 1)
    past, in_30, in_90 = (_count(session, moment - kept + timedelta(days=days)) for days in (0, 30, 90))
    announced = state is not None and state.announced_until is not None
    return Forecast(
        months=session.get_one(Installation, 1).retention_months,
        past=past,
        within_30=in_30 - past,
        within_90=in_90 - past,
        held=session.scalar(select(func.count()).select_from(held_photos().subquery())) or 0,
        announced=_count(session, state.announced_until) if state and state.announced_until else 0,
        destroys_at=state.destroys_at if state and announced else None,
        clock=clock_of(state, moment),
        seen_at=state.seen_at if state else None,
    )


def believe(session: Session, moment: datetime) -> RetentionState:
    """The clock is right: from here on it is measured by this moment."""
    state = session.get(RetentionState, 1)
    if state is None:
        state = RetentionState(id=1, seen_at=moment)
        session.add(state)
    state.seen_at = moment
    session.flush()
    return state


def announce_due(session: Session, state: RetentionState, moment: datetime) -> int:
    """How many photos were announced just now; none while an announcement stands."""
    before = moment - kept_for(session)
    count = 0 if state.announced_until is not None else _count(session, before)
    if count:
        state.announced_until, state.destroys_at = before, moment + NOTICE
    return count


def destroy_announced(session: Session, state: RetentionState, moment: datetime) -> int:
    """The next of those whose notice is over; when none is left, the announcement goes."""
    if state.announced_until is None or state.destroys_at is None or moment < state.destroys_at:
        return 0
    ids = session.scalars(idle_photos(state.announced_until).order_by(Photo.id).limit(PHOTOS_AT_ONCE)).all()
    for photo_id in ids:
        photo = session.get(Photo, photo_id, with_for_update=True)
        if photo is not None:
            _destroy(session, photo)
    if not ids:
        state.announced_until = state.destroys_at = None
    return len(ids)


def empty_closed(session: Session, keyring: KeyRing, moment: datetime) -> bool:
    """One case whose thirty days are over; whether there was one."""
    closed = Case.state == CaseState.CLOSED, Case.emptied_at.is_(None), Case.closed_at < moment - CLOSED_FOR
    due = select(Case).where(*closed, Case.id.not_in(held_cases())).order_by(Case.id).limit(1)
    case = session.scalar(due.with_for_update())
    if case is None:
        return False
    for reference in session.scalars(select(Reference).where(Reference.case_id == case.id)).all():
        remove_reference(session, reference)
    _, case.wrapped_key = key = new_case_key(keyring, case.id)
    case.sealed_details = seal_json(key[0], {}, about_case(case.id))
    case.closed_because, case.emptied_at = None, moment
    for review in session.scalars(select(Review).join(Candidate).where(Candidate.case_id == case.id)):
        review.forget_comment()
    for search in session.scalars(select(Search).where(Search.case_id == case.id)):
        search.reason = ""
    _on_record(session, "case.empty", "case", case.id, f"closed for {CLOSED_FOR.days} days")
    return True


def _destroy(session: Session, photo: Photo) -> None:
    """With its receipts: the same photo sent again is a new one."""
    receipts = session.scalars(select(Receipt).where(Receipt.photo_id == photo.id)).all()
    of_these = Erasure.receipt_id.in_([receipt.id for receipt in receipts])
    asked = set(session.scalars(select(Erasure.receipt_id).where(of_these)))
    photo_id = photo.id
    destroy_photo(session, photo, keep_away=False)
    for receipt in receipts:
        if receipt.id not in asked:
            session.delete(receipt)
    _on_record(session, "retention.destroy", "photo", photo_id, "its time was over")


def _on_record(session: Session, action: str, kind: str, object_id: UUID, why: str) -> None:
    entry = AuditEntry(actor_id=None, role="worker", action=action, object_type=kind, object_id=str(object_id), why=why)
    record_act(session, entry)


def _count(session: Session, before: datetime) -> int:
    return session.scalar(select(func.count()).select_from(idle_photos(before).subquery())) or 0
