"""Where a street photo comes from: what its volunteers and its camera said of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.sealed_records import about_exif, about_receipt, photo_key, unseal_json
from models.face import Face
from models.photo import Photo, Receipt


@dataclass(frozen=True)
class Source:
    """What one volunteer said of a photo, and when it came: never who they are."""

    taken_at: str | None
    latitude: float | None
    longitude: float | None
    place: str | None
    note: str | None
    source_url: str | None
    uploaded_at: datetime


def sources_of(session: Session, context: Context, photo: Photo) -> list[Source]:
    """Every upload of the photo, the first one first."""
    return _read(context, photo, _receipts(session, [photo.id]).get(photo.id, []))


def camera_details(context: Context, photo: Photo) -> dict[str, Any]:
    """`taken_at`, `latitude`, `longitude` as the camera wrote them, or None."""
    return unseal_json(photo_key(context.keyring, photo), photo.sealed_exif, about_exif(photo.id))


def street_days(session: Session, context: Context, streets: Iterable[Face]) -> dict[int, date | None]:
    """By face, the day a volunteer gave, else the camera's. An upload may come years later: its day says nothing."""
    photo_ids = {face.id: face.photo_id for face in streets}
    wanted = set(photo_ids.values())
    photos = {photo.id: photo for photo in session.scalars(select(Photo).where(Photo.id.in_(wanted)))}
    receipts = _receipts(session, photos)
    days = {photo.id: _day(context, photo, receipts.get(photo.id, [])) for photo in photos.values()}
    return {face_id: days[photo_id] for face_id, photo_id in photo_ids.items() if photo_id is not None}


def _day(context: Context, photo: Photo, receipts: Sequence[Receipt]) -> date | None:
    times = [source.taken_at for source in _read(context, photo, receipts)]
    said = [time for time in [*times, camera_details(context, photo)["taken_at"]] if time]
    return datetime.fromisoformat(said[0]).date() if said else None


def _receipts(session: Session, photo_ids: Iterable[UUID]) -> dict[UUID | None, list[Receipt]]:
    of_photos = select(Receipt).where(Receipt.photo_id.in_(list(photo_ids))).order_by(Receipt.uploaded_at)
    found: dict[UUID | None, list[Receipt]] = {}
    for receipt in session.scalars(of_photos):
        found.setdefault(receipt.photo_id, []).append(receipt)
    return found


def _read(context: Context, photo: Photo, receipts: Sequence[Receipt]) -> list[Source]:
    key = photo_key(context.keyring, photo)
    return [_source(key, receipt, receipt.sealed_details) for receipt in receipts if receipt.sealed_details is not None]


def _source(key: bytes, receipt: Receipt, sealed: bytes) -> Source:
    said = unseal_json(key, sealed, about_receipt(receipt.id))
    names = ("taken_at", "latitude", "longitude", "place", "note", "source_url")
    return Source(**{name: said.get(name) for name in names}, uploaded_at=receipt.uploaded_at)
