"""Making one person gone from a photo that shows others too.

What remains is another picture: the person's region is grey in it, it is sealed under a new key, and so are the crops
and templates of the others. The old key goes with the commit, so no copy of the old bytes opens any more.

    prepare_redaction   no transaction   read, blank, cut the others anew, seal and store all of it
    redact              one transaction  as an erasure for the person; new names, key and seals for the others
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.discards import announce, discard, keep
from indexer.erasure import enter_in_ledger, forget_faces
from indexer.errors import FaceNumberUnknown
from indexer.holds import require_photo_free
from indexer.images import Box, encode_crop, face_crop, without_people
from indexer.ingest import decode
from indexer.packs.base import Pixels
from indexer.sealed_records import (
    about_crop,
    about_exif,
    about_photo,
    about_receipt,
    about_template,
    new_crop_blob,
    new_photo_blob,
    new_photo_key,
    photo_key,
)
from indexer.sealing import seal, unseal
from indexer.turns import ERASURE, take_turn
from models.errors import WrongState
from models.face import Face
from models.photo import Photo, PhotoState, Receipt
from models.template import Template

STORED_AHEAD_SECONDS = 3600.0
_NO_LANDMARKS = np.zeros((5, 2), np.float32)  # those that are stored hold


@dataclass(frozen=True)
class Redaction:
    """What was made from the photo as it was under ``old_wrapped``; ``crops``: by the id of a face that stays."""

    photo_id: UUID
    old_wrapped: bytes
    key: bytes
    wrapped: bytes
    blob_name: str
    gone: list[int]
    crops: dict[int, str]


def prepare_redaction(context: Context, photo_id: UUID, numbers: Sequence[int]) -> Redaction | None:
    """The photo without the people of ``numbers``, stored and not yet in use; None where nobody would be left in it.

    `WrongState` for a photo that was not worked through, `FaceNumberUnknown`; `StorageError`, `SealBroken`.
    """
    with context.database.reading() as session:
        photo = session.get_one(Photo, photo_id)
        _require_worked(photo)
        faces = _faces(session, photo_id)
        gone, kept = _parted(faces, numbers)
        if not kept:
            return None
        picture = decode(context, photo.id, photo.blob_name, photo_key(context.keyring, photo))
    blanked = without_people(picture, [_box(face.crop_box) for face in gone], [_box(face.box) for face in kept])
    key, wrapped = new_photo_key(context.keyring, photo_id)
    made = Redaction(
        photo_id=photo_id,
        old_wrapped=photo.wrapped_key,
        key=key,
        wrapped=wrapped,
        blob_name=new_photo_blob(photo_id),
        gone=[face.id for face in gone],
        crops={face.id: new_crop_blob(photo_id) for face in kept},
    )
    _store(context, made, blanked, kept)
    return made


def redact(session: Session, context: Context, made: Redaction) -> None:
    """When this transaction commits the people are gone, and the photo as it was is kept away as an erased one is.

    The caller records the act. `WrongState` where the photo has changed since; `OnHold`, `StoredTooLate`.
    """
    take_turn(session, ERASURE)
    photo = session.get(Photo, made.photo_id, with_for_update=True)
    if photo is None or photo.wrapped_key != made.old_wrapped:
        raise WrongState(thing="photo", state="changed since it was read", change="blanked")
    _require_worked(photo)
    require_photo_free(session, photo.id)
    keep(session, [made.blob_name, *made.crops.values()])
    old_key = photo_key(context.keyring, photo)
    enter_in_ledger(session, photo)
    forget_faces(session, made.gone)
    discard(session, [photo.blob_name, *_crops(session, photo.id)])
    session.execute(delete(Face).where(Face.id.in_(made.gone)))  # templates, links and figures go with it
    _seal_anew(session, photo, old_key, made)
    photo.blob_name, photo.wrapped_key = made.blob_name, made.wrapped
    session.flush()


def _seal_anew(session: Session, photo: Photo, old_key: bytes, made: Redaction) -> None:
    """What is not part of the picture: the same words and templates under the new key."""

    def again(sealed: bytes, about: str) -> bytes:
        return seal(made.key, unseal(old_key, sealed, about), about)

    photo.sealed_exif = again(photo.sealed_exif, about_exif(photo.id))
    for receipt in session.scalars(select(Receipt).where(Receipt.photo_id == photo.id)):
        if receipt.sealed_details is not None:
            receipt.sealed_details = again(receipt.sealed_details, about_receipt(receipt.id))
    for face in session.scalars(select(Face).where(Face.photo_id == photo.id)):
        face.crop_blob_name = made.crops[face.id]
    templates = select(Template).join(Face, Face.id == Template.face_id).where(Face.photo_id == photo.id)
    for template in session.scalars(templates):
        template.sealed = again(template.sealed, about_template(template.face_id, template.pack_id))


def _store(context: Context, made: Redaction, blanked: Pixels, kept: Sequence[Face]) -> None:
    announce(context.database, [made.blob_name, *made.crops.values()], STORED_AHEAD_SECONDS)
    context.store.put(made.blob_name, seal(made.key, encode_crop(blanked), about_photo(made.photo_id)))
    for face in kept:
        # Cut as before, so its landmarks and its template hold; a crop may have shown a part of who is gone.
        cut = face_crop(blanked, _box(face.box), _NO_LANDMARKS)
        name = made.crops[face.id]
        context.store.put(name, seal(made.key, encode_crop(cut.pixels), about_crop(name)))


def _parted(faces: Sequence[Face], numbers: Sequence[int]) -> tuple[list[Face], list[Face]]:
    """Those of ``numbers``, and the others. `FaceNumberUnknown`."""
    known = {face.number for face in faces}
    for number in numbers:
        if number not in known:
            raise FaceNumberUnknown(number=number, last=max(known, default=0))
    wanted = set(numbers)
    return [face for face in faces if face.number in wanted], [face for face in faces if face.number not in wanted]


def _require_worked(photo: Photo) -> None:
    if photo.state is not PhotoState.DONE:
        raise WrongState(thing="photo", state=photo.state, change="blanked")


def _faces(session: Session, photo_id: UUID) -> Sequence[Face]:
    return session.scalars(select(Face).where(Face.photo_id == photo_id).order_by(Face.number)).all()


def _crops(session: Session, photo_id: UUID) -> list[str]:
    return [face.crop_blob_name for face in _faces(session, photo_id)]


def _box(edges: Sequence[float]) -> Box:
    left, top, right, bottom = edges
    return left, top, right, bottom
