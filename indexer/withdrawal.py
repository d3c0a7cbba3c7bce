"""A volunteer takes a photo back; and it comes back when another sends it while that waits for a supervisor."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from indexer.erasure import destroy_photo, remove_from_galleries, return_to_galleries
from indexer.holds import is_held
from indexer.turns import ERASURE, take_turn
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState
from models.erasure import Erasure, ErasureState
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
    if not (_people_work_on(session, photo) or _is_to_be_erased(session, photo) or is_held(session, photo.id)):
        destroy_photo(session, photo, keep_away=False)
    elif photo.state is not PhotoState.HIDDEN:
        _hide(session, actor, photo, receipt)


def come_back(session: Session, actor: Actor, photo: Photo) -> None:
    """``actor`` has sent the hidden ``photo`` too, so nobody needs to decide on its withdrawal any more."""
    photo.show()
    return_to_galleries(session, list(session.scalars(select(Face.id).where(Face.photo_id == photo.id))))
    waiting = _proposed(photo).where(Erasure.proposed_by == Receipt.uploader_id)
    for erasure in session.scalars(waiting.order_by(Erasure.id).with_for_update(of=Erasure)):
        erasure.drop()
        act(session, actor, "erasure.drop", "erasure", erasure.id)


def is_withdrawal(erasure: Erasure, receipt: Receipt) -> bool:
    """Whether the one who sent the photo asked; otherwise an admin did."""
    return erasure.proposed_by == receipt.uploader_id


def _is_vouched_for(session: Session, photo: Photo) -> bool:
    others = select(func.count()).where(Receipt.photo_id == photo.id, Receipt.withdrawn_at.is_(None))
    return bool(session.scalar(others))


def _people_work_on(session: Session, photo: Photo) -> bool:
    faces = select(Face.id).where(Face.photo_id == photo.id)
    at_work = select(func.count()).where(Candidate.face_id.in_(faces), Candidate.state.in_(PEOPLE_AT_WORK))
    return bool(session.scalar(at_work))


def _is_to_be_erased(session: Session, photo: Photo) -> bool:
    """An admin proposed it: were it gone before a supervisor decides, nothing of it could be kept away."""
    return session.scalar(_proposed(photo).limit(1)) is not None


def _proposed(photo: Photo) -> Select[Erasure]:
    ours = select(Erasure).join(Receipt, Erasure.receipt_id == Receipt.id)
    return ours.where(Receipt.photo_id == photo.id, Erasure.state == ErasureState.PROPOSED)


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
