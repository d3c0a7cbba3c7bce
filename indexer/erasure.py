"""Making a photo gone: rows and faces in one transaction, stored bytes after the commit.

What two people decided to erase is kept away since, with its near repeats. What its volunteer withdrew is only gone:
else a copy that one volunteer withdraws would keep the photos of all others out.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from indexer.discards import discard, sweep_discarded
from indexer.turns import ERASURE, take_turn
from models.candidate import Candidate
from models.erasure import LedgerEntry, LedgerKind
from models.face import Face
from models.photo import Photo, PhotoBand, Receipt
from models.review import Assignment, AssignmentState, Review
from models.template import ChangeKind, GalleryChange, change_gallery

__all__ = [
    "announce_again",
    "destroy_photo",
    "enter_in_ledger",
    "forget_faces",
    "remove_from_galleries",
    "restored_withdrawals",
    "return_to_galleries",
    "sweep_discarded",
]


def destroy_photo(session: Session, photo: Photo, *, keep_away: bool) -> None:
    """Erase ``photo`` when this transaction commits: faces, templates, candidates' faces, what was said about it.

    What stays: the decisions people made, volunteers' receipts without a word in them, and keyed digests in the ledger.
    With ``keep_away``, for two people to decide, they keep out the photo and its near repeats; without, they tell a
    restored backup what had been withdrawn. The caller records the act.
    """
    take_turn(session, ERASURE)
    faces = session.scalars(select(Face).where(Face.photo_id == photo.id)).all()
    face_ids = [face.id for face in faces]
    if keep_away:
        enter_in_ledger(session, photo)
    else:
        session.add(_entry(photo, LedgerKind.WITHDRAWN))
    forget_faces(session, face_ids)
    for receipt in session.scalars(select(Receipt).where(Receipt.photo_id == photo.id)):
        receipt.forget_photo()
    discard(session, [photo.blob_name, *(face.crop_blob_name for face in faces)])
    session.flush()
    session.execute(delete(Photo).where(Photo.id == photo.id))  # faces, templates and bands go with it
    session.expunge(photo)


def enter_in_ledger(session: Session, photo: Photo) -> None:
    """From this commit on the photo, as it was sent, and its near repeats are taken in no more."""
    session.add_all(_kept_away(session, photo))


def forget_faces(session: Session, face_ids: list[int]) -> None:
    """End what the faces are part of: galleries, candidates, reviewers' words. Their rows are left to the caller."""
    remove_from_galleries(session, face_ids)
    _forget_candidates(session, face_ids)


def remove_from_galleries(session: Session, face_ids: list[int]) -> None:
    """Take the faces out of every gallery they are in when this transaction commits."""
    _answer_last_change(session, face_ids, ChangeKind.ADD, ChangeKind.REMOVE)


def return_to_galleries(session: Session, face_ids: list[int]) -> None:
    """Put the faces back, when this transaction commits, into every gallery they were taken out of."""
    _answer_last_change(session, face_ids, ChangeKind.REMOVE, ChangeKind.ADD)


def announce_again(session: Session, face_ids: list[int]) -> None:
    """Have whoever follows the galleries look at the faces once more, as far as they are in one."""
    _answer_last_change(session, face_ids, ChangeKind.ADD, ChangeKind.ADD)


def restored_withdrawals(session: Session) -> Sequence[Photo]:
    """Photos that a restored backup brought back though their volunteers had withdrawn them since.

    By id: whoever sent the same photo again meanwhile has one of their own, which nobody took back.
    """
    withdrawn = (LedgerEntry.photo_id == Photo.id) & (LedgerEntry.kind == LedgerKind.WITHDRAWN)
    return session.scalars(select(Photo).join(LedgerEntry, withdrawn).order_by(Photo.id)).all()


def _answer_last_change(session: Session, face_ids: list[int], last_was: ChangeKind, answer: ChangeKind) -> None:
    changes = select(GalleryChange).where(GalleryChange.face_id.in_(face_ids)).order_by(GalleryChange.number)
    last = {(change.face_id, change.pack_id): change.kind for change in session.scalars(changes)}
    for (face_id, pack_id), kind in last.items():
        if kind is last_was:
            change_gallery(session, answer, face_id, pack_id)


def _kept_away(session: Session, photo: Photo) -> list[LedgerEntry]:
    bands = session.scalars(select(PhotoBand).where(PhotoBand.photo_id == photo.id))
    return [_entry(photo, LedgerKind.DIGEST), *(_band_entry(photo.id, band) for band in bands)]


def _entry(photo: Photo, kind: LedgerKind) -> LedgerEntry:
    return LedgerEntry(photo_id=photo.id, kind=kind, band=None, digest=photo.digest)


def _band_entry(photo_id: UUID, band: PhotoBand) -> LedgerEntry:
    return LedgerEntry(photo_id=photo_id, kind=LedgerKind.BAND, band=band.band, digest=band.digest)


def _forget_candidates(session: Session, face_ids: list[int]) -> None:
    ours = select(Candidate).where(Candidate.face_id.in_(face_ids)).order_by(Candidate.id)
    for candidate in session.scalars(ours.with_for_update()).all():  # a reviewer's answer comes before or after
        candidate.forget_face()
        for review in session.scalars(select(Review).where(Review.candidate_id == candidate.id)):
            review.forget_comment()
        assigned = select(Assignment).where(Assignment.candidate_id == candidate.id)
        for assignment in session.scalars(assigned.where(Assignment.state == AssignmentState.OPEN)):
            assignment.lapse()
