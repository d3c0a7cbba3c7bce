"""Making a photo gone: rows and faces in one transaction, stored bytes after the commit; and kept away since."""

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

__all__ = ["destroy_photo", "remove_from_galleries", "sweep_discarded"]


def destroy_photo(session: Session, photo: Photo) -> None:
    """Erase ``photo`` when this transaction commits: faces, templates, candidates' faces, what was said about it.

    What stays: the decisions people made, volunteers' receipts without a word in them, and keyed digests in the ledger
    that keep the photo and its near repeats away. The caller records the act.
    """
    take_turn(session, ERASURE)
    faces = session.scalars(select(Face).where(Face.photo_id == photo.id)).all()
    face_ids = [face.id for face in faces]
    _enter_in_ledger(session, photo)
    remove_from_galleries(session, face_ids)
    _forget_candidates(session, face_ids)
    for receipt in session.scalars(select(Receipt).where(Receipt.photo_id == photo.id)):
        receipt.forget_photo()
    discard(session, [photo.blob_name, *(face.crop_blob_name for face in faces)])
    session.flush()
    session.execute(delete(Photo).where(Photo.id == photo.id))  # faces, templates and bands go with it
    session.expunge(photo)


def remove_from_galleries(session: Session, face_ids: list[int]) -> None:
    """Take the faces out of every gallery they are in when this transaction commits."""
    changes = select(GalleryChange).where(GalleryChange.face_id.in_(face_ids)).order_by(GalleryChange.number)
    last = {(change.face_id, change.pack_id): change.kind for change in session.scalars(changes)}
    for (face_id, pack_id), kind in last.items():
        if kind is ChangeKind.ADD:
            change_gallery(session, ChangeKind.REMOVE, face_id, pack_id)


def _enter_in_ledger(session: Session, photo: Photo) -> None:
    bands = session.scalars(select(PhotoBand).where(PhotoBand.photo_id == photo.id))
    session.add(LedgerEntry(photo_id=photo.id, kind=LedgerKind.DIGEST, band=None, digest=photo.digest))
    session.add_all(_band_entry(photo.id, band) for band in bands)


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
