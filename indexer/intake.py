"""Taking a photo in: read, keyed, sealed and stored first; then one short transaction that records it.

receive_photo   no transaction   digest, decode, perceptual bands, seal, store with fsync
accept_photo    one transaction  a repeat, an erased one or a new photo; the receipt; the audit entry
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from indexer.allowance import count_file, next_place, uploads_of
from indexer.clock import database_now
from indexer.context import Context
from indexer.decode_pool import DecodedPhoto
from indexer.discards import announce, keep
from indexer.keyring import KeyRing
from indexer.near_repeats import NEAR_REPEAT_BANDS, hash_bands
from indexer.sealed_records import (
    about_exif,
    about_photo,
    about_receipt,
    new_photo_key,
    photo_blob,
    photo_key,
    seal_json,
)
from indexer.sealing import seal
from indexer.turns import ERASURE, share_turn, take_turn
from indexer.withdrawal import come_back
from models.actor import Actor, act
from models.erasure import LedgerEntry, LedgerKind
from models.photo import Photo, PhotoBand, PhotoState, Receipt
from models.upload_count import UploadCount

STORED_AHEAD_SECONDS = 3600.0
"""How long stored bytes wait for the transaction that records them; it follows at once, or never."""


@dataclass(frozen=True)
class UploadDetails:
    """What the volunteer says of a photo, as they say it; degrees are WGS 84."""

    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    place: str | None = None
    note: str | None = None
    source_url: str | None = None
    apparent_age: float | None = None  # years, of the child it is about
    apparent_sex: str | None = None

    def as_json(self) -> dict[str, Any]:
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return said | ({"taken_at": self.taken_at.isoformat()} if self.taken_at else {})


@dataclass(frozen=True)
class Arrival:
    """A photo that was read and keyed, and stored unless it is known already. Nothing is recorded yet."""

    digest: bytes
    bands: list[bytes]
    decoded: DecodedPhoto
    photo_id: UUID
    key: bytes
    wrapped_key: bytes


def receive_photo(context: Context, data: bytes) -> Arrival:
    """Read untrusted bytes. The classes of `ImageRefused`; `DecoderUnavailable`, `StorageError`: nothing was kept."""
    decoded = context.decoder.decode(data)
    photo_id = uuid4()
    key, wrapped = new_photo_key(context.keyring, photo_id)
    bands = hash_bands(decoded.perceptual_hash, context.keyring)
    arrival = Arrival(context.keyring.digest(data), bands, decoded, photo_id, key, wrapped)
    if not _is_known(context, arrival):
        announce(context.database, [photo_blob(photo_id)], STORED_AHEAD_SECONDS)
        context.store.put(photo_blob(photo_id), seal(key, decoded.jpeg, about_photo(photo_id)))
    return arrival


def accept_photo(session: Session, context: Context, actor: Actor, arrival: Arrival, details: UploadDetails) -> Receipt:
    """The volunteer's receipt: the first one for an exact repeat, else a new one.

    Repeats of others' photos and of erased ones get a receipt like any other: nobody learns that a photo was known.
    What this volunteer withdrew stays withdrawn: a folder that is sent again as a whole takes nothing of that back.
    `UploadQuotaReached`; `StoredTooLate` when it was known a moment ago, and has just been withdrawn: it has to be
    sent again.
    """
    share_turn(session, ERASURE)
    take_turn(session, uploads_of(actor.id))
    receipt_id = _receipt_id(context.keyring, actor.id, arrival.digest)
    earlier = session.get(Receipt, receipt_id)
    if earlier is not None:
        return earlier
    count = count_file(session, context.settings, actor.id)
    take_turn(session, f"photo {arrival.digest.hex()}")
    photo = _photo_for(session, arrival, count)
    receipt = Receipt(id=receipt_id, uploader_id=actor.id)
    if photo is not None:
        receipt.photo_id = photo.id
        key = photo_key(context.keyring, photo)
        receipt.sealed_details = seal_json(key, details.as_json(), about_receipt(receipt_id))
    session.add(receipt)
    session.flush()
    act(session, actor, "photo.upload", "receipt", receipt_id)
    if photo is not None and photo.state is PhotoState.HIDDEN:
        come_back(session, actor, photo)
    return receipt


def known_receipt(session: Session, keyring: KeyRing, uploader_id: UUID, data: bytes) -> Receipt | None:
    """The receipt this volunteer already holds for exactly these bytes."""
    return session.get(Receipt, _receipt_id(keyring, uploader_id, keyring.digest(data)))


def _receipt_id(keyring: KeyRing, uploader_id: UUID, digest: bytes) -> UUID:
    """The same for the same bytes from the same volunteer, even after the photo was erased: no id tells that it was."""
    return UUID(bytes=keyring.digest_of("receipt", uploader_id.bytes + digest)[:16], version=4)


def _is_known(context: Context, arrival: Arrival) -> bool:
    with context.database.reading() as session:
        known = session.scalar(select(Photo.id).where(Photo.digest == arrival.digest))
        return known is not None or _was_erased(session, arrival)


def _photo_for(session: Session, arrival: Arrival, count: UploadCount) -> Photo | None:
    known = session.scalar(select(Photo).where(Photo.digest == arrival.digest))
    if known is not None or _was_erased(session, arrival):
        return known
    return _record(session, arrival, count)


def _record(session: Session, arrival: Arrival, count: UploadCount) -> Photo:
    decoded, photo_id = arrival.decoded, arrival.photo_id
    exif = {"taken_at": decoded.taken_at_exif, "latitude": decoded.latitude, "longitude": decoded.longitude}
    keep(session, [photo_blob(photo_id)])
    moment = database_now(session)
    photo = Photo(
        id=photo_id,
        digest=arrival.digest,
        wrapped_key=arrival.wrapped_key,
        blob_name=photo_blob(photo_id),
        sealed_exif=seal_json(arrival.key, exif, about_exif(photo_id)),
        width=decoded.width,
        height=decoded.height,
        near_repeat_of=_near_repeat(session, arrival),
        uploaded_at=moment,
        queued_at=next_place(count, moment),
    )
    session.add(photo)
    session.flush()
    session.add_all(PhotoBand(photo_id=photo_id, band=band, digest=each) for band, each in enumerate(arrival.bands))
    return photo


def _was_erased(session: Session, arrival: Arrival) -> bool:
    """By two people, or a photo like it. What its volunteer withdrew anybody else may send."""
    ledger = select(LedgerEntry.photo_id)
    same = ledger.where(LedgerEntry.kind == LedgerKind.DIGEST, LedgerEntry.digest == arrival.digest)
    near = (
        ledger.where(LedgerEntry.kind == LedgerKind.BAND, LedgerEntry.digest.in_(arrival.bands))
        .group_by(LedgerEntry.photo_id)
        .having(func.count() >= NEAR_REPEAT_BANDS)
    )
    return any(session.scalar(query.limit(1)) is not None for query in (same, near))


def _near_repeat(session: Session, arrival: Arrival) -> UUID | None:
    """The photo with the most equal bands, if they are enough."""
    return session.scalar(
        select(PhotoBand.photo_id)
        .where(PhotoBand.digest.in_(arrival.bands))
        .group_by(PhotoBand.photo_id)
        .having(func.count() >= NEAR_REPEAT_BANDS)
        .order_by(func.count().desc(), PhotoBand.photo_id)
        .limit(1)
    )
