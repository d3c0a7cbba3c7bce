"""A volunteer takes a photo back."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from indexer.erasure import destroy_photo, remove_from_galleries
from indexer.turns import ERASURE, take_turn
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState
from models.erasure import Erasure
from models.face import Face
from models.photo import Photo, PhotoState, Receipt
from models.review import Assignment, AssignmentState

PEOPLE_AT_WORK = frozenset(
    {CandidateState.IN_REVIEW, CandidateState.CONFIRMED, CandidateState.CONFLICT, CandidateState.RELEASED}
)
"""With a candidate in one of these a child may be about to be found: a supervisor decides what becomes of the photo."""
REASON = "withdrawn by the volunteer who sent it"


def withdraw(session: Session, actor: Actor, receipt: Receipt) -> None:
    """Withdraw ``receipt``. When it was the photo's last, the photo is erased, or hidden until a supervisor decides.

    To withdraw again changes nothing.
    """
    if receipt.withdrawn_at is not None:
        return
    take_turn(session, ERASURE)  # of two volunteers who withdraw at once, the second sees what the first did
    session.refresh(receipt)
    receipt.withdraw()
    session.flush()
    act(session, actor, "photo.withdraw", "receipt", receipt.id)
    photo = session.get(Photo, receipt.photo_id, with_for_update=True) if receipt.photo_id else None
    if photo is None or _is_vouched_for(session, photo):
        return
    if not _people_work_on(session, photo):
        destroy_photo(session, photo)
    elif photo.state is not PhotoState.HIDDEN:
        _hide(session, actor, photo, receipt)


def _is_vouched_for(session: Session, photo: Photo) -> bool:
    others = select(func.count()).where(Receipt.photo_id == photo.id, Receipt.withdrawn_at.is_(None))
    return bool(session.scalar(others))


def _people_work_on(session: Session, photo: Photo) -> bool:
    faces = select(Face.id).where(Face.photo_id == photo.id)
    at_work = select(func.count()).where(Candidate.face_id.in_(faces), Candidate.state.in_(PEOPLE_AT_WORK))
    return bool(session.scalar(at_work))


def _hide(session: Session, actor: Actor, photo: Photo, receipt: Receipt) -> None:
    photo.hide()
    face_ids = list(session.scalars(select(Face.id).where(Face.photo_id == photo.id)))
    remove_from_galleries(session, face_ids)
    _take_from_reviewers(session, face_ids)
    erasure = Erasure(receipt_id=receipt.id, reason=REASON, proposed_by=actor.id)
    session.add(erasure)
    session.flush()
    session.add(Alert(kind=AlertKind.ERASURE_AWAITS_APPROVAL, object_type="erasure", object_id=str(erasure.id)))


def _take_from_reviewers(session: Session, face_ids: list[int]) -> None:
    """Nobody looks on at what its volunteer took back. The answers that were given stay, for the supervisor."""
    candidates = select(Candidate).where(Candidate.face_id.in_(face_ids)).order_by(Candidate.id)
    ids = [candidate.id for candidate in session.scalars(candidates.with_for_update())]  # an answer is before or after
    open_ones = select(Assignment).where(Assignment.candidate_id.in_(ids), Assignment.state == AssignmentState.OPEN)
    for assignment in session.scalars(open_ones):
        assignment.lapse()
