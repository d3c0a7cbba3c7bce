"""A volunteer's photos.

Nobody may learn from an answer that a photo was known before, or was erased: a repeat is pending for about as long as a
new photo would be, and one that was not kept looks like one without a face.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import BodyTooLarge
from app.house import House
from app.idempotency import Once
from app.queries import one_visible, visible_receipts
from app.schemas.photos import PhotoOut, PhotoStatus
from indexer.allowance import count_file, require_allowance
from indexer.claims import WAITING
from indexer.context import Context
from indexer.errors import ImageRefused
from indexer.ingest import FACES_TRUNCATED, NO_FACE
from indexer.intake import Arrival, UploadDetails, accept_photo, known_receipt, receive_photo
from indexer.quality import QualityReason
from indexer.withdrawal import withdraw
from models.actor import Actor
from models.face import Face
from models.photo import Photo, PhotoState, Receipt
from models.types import now

SETTLES = timedelta(seconds=5)
"""Every upload is pending for at least this long: a new photo on an idle installation takes about that."""

WORDS = {
    NO_FACE: "No face was found: a closer photo that shows a face from the front would help.",
    FACES_TRUNCATED: "There are more faces than are looked at in one photo: photos of fewer people would help.",
}
FAILED = "The photo could not be worked on. It is kept, and the operator can have it tried again."


def upload(house: House, actor: Actor, once: Once, data: bytes, details: UploadDetails) -> Response:
    """Take a photo in. It is read and stored before the one transaction that records it, which holds up nobody.

    `BodyTooLarge`, and what `_received` and `accept_photo` raise.
    """
    limit = house.settings.max_upload_bytes
    if len(data) > limit:
        raise BodyTooLarge(limit=limit)
    arrival = _received(house.context, actor, data)
    with house.context.database.writing() as session:

        def make() -> PhotoOut:
            return _just_sent(accept_photo(session, house.context, actor, arrival, details))

        asked = arrival.digest + repr(sorted(details.as_json().items())).encode()
        return once.answer(session, actor, asked, make)


def _received(context: Context, actor: Actor, data: bytes) -> Arrival:
    """A file that is refused counts for the day as one that is kept; one that this volunteer sent before does not.

    `UploadQuotaReached`, and what `receive_photo` raises.
    """
    with context.database.reading() as session:
        if known_receipt(session, context.keyring, actor.id, data) is None:
            require_allowance(session, context.settings, actor.id)
    try:
        return receive_photo(context, data)
    except ImageRefused:
        with context.database.writing() as session:
            count_file(session, context.settings, actor.id)
        raise


def withdraw_photo(session: Session, actor: Actor, receipt_id: UUID) -> None:
    """`NotFound`."""
    withdraw(session, actor, one_visible(session, visible_receipts(actor), Receipt.id, receipt_id, "photo"))


def photos_as_seen(session: Session, receipts: Sequence[Receipt]) -> list[PhotoOut]:
    """The status of each receipt, in words."""
    photo_ids = [receipt.photo_id for receipt in receipts if receipt.photo_id]
    photos = {photo.id: photo for photo in session.scalars(select(Photo).where(Photo.id.in_(photo_ids)))}
    advice = _advice(session.scalars(select(Face).where(Face.photo_id.in_(photo_ids)).order_by(Face.number)))
    oldest_waiting = session.scalar(select(func.min(Photo.uploaded_at)).where(Photo.state.in_(WAITING)))
    return [
        _as_seen(receipt, photos.get(receipt.photo_id) if receipt.photo_id else None, advice, oldest_waiting)
        for receipt in receipts
    ]


def _as_seen(
    receipt: Receipt, photo: Photo | None, advice: dict[UUID, list[str]], oldest_waiting: datetime | None
) -> PhotoOut:
    if receipt.withdrawn_at is not None:
        return _seen(receipt, PhotoStatus.WITHDRAWN)
    if _seems_pending(receipt, photo, oldest_waiting):
        return _seen(receipt, PhotoStatus.PENDING)
    if photo is None:
        return _seen(receipt, PhotoStatus.PROCESSED, 0, [WORDS[NO_FACE]])
    if photo.state is PhotoState.FAILED:
        return _seen(receipt, PhotoStatus.FAILED, None, [FAILED])
    words = [WORDS[photo.reason]] if photo.reason in WORDS else []
    return _seen(receipt, PhotoStatus.PROCESSED, photo.faces_found, words + advice.get(photo.id, []))


def _seems_pending(receipt: Receipt, photo: Photo | None, oldest_waiting: datetime | None) -> bool:
    if now() - receipt.uploaded_at < SETTLES:
        return True
    if photo is not None and photo.done_at is None:
        return True
    known_before = photo is None or (photo.done_at is not None and photo.done_at < receipt.uploaded_at)
    # As a new photo sent at that moment would, it waits for those sent earlier.
    return known_before and oldest_waiting is not None and oldest_waiting <= receipt.uploaded_at


def _just_sent(receipt: Receipt) -> PhotoOut:
    return _seen(receipt, PhotoStatus.WITHDRAWN if receipt.withdrawn_at else PhotoStatus.PENDING)


def _seen(
    receipt: Receipt, status: PhotoStatus, faces_found: int | None = None, reasons: list[str] | None = None
) -> PhotoOut:
    return PhotoOut(
        id=receipt.id,
        status=status,
        faces_found=faces_found,
        reasons=reasons or [],
        uploaded_at=receipt.uploaded_at,
    )


def _advice(faces: Iterable[Face]) -> dict[UUID, list[str]]:
    """Per photo what its faces lack, each thing once."""
    found: dict[UUID, list[str]] = {}
    for face in faces:
        assert face.photo_id is not None
        said = found.setdefault(face.photo_id, [])
        said += [words for reason in face.quality["reasons"] if (words := QualityReason(reason).advice) not in said]
    return found
