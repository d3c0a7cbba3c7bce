"""Face crops as people see them: unsealed, every other face blanked, and never without a line in the audit log."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import ChangedMeanwhile
from indexer.comparing import comparable
from indexer.context import Context
from indexer.degrading import as_on_a_street
from indexer.images import Box, blank_regions, box_in_crop, decode_crop, encode_crop, points_in_crop
from indexer.packs.base import Landmarks, LandmarkScheme, Pixels
from indexer.sealed_records import about_crop, case_key, photo_key
from indexer.sealing import unseal
from models.case import Case
from models.face import Face
from models.photo import Photo
from models.reference import Reference


@dataclass(frozen=True)
class Shown:
    """Stored bytes by their ``name``, and what makes them ready to be seen."""

    name: str
    ready: Callable[[Session], bytes]


@dataclass(frozen=True)
class Poor:
    """How a reference's face is made poor for a seeded pair: ``face_px`` from brow to chin, by chance from ``seed``."""

    face_px: float
    seed: int


def seen(context: Context, find: Callable[[Session], Shown], record: Callable[[Session], object]) -> bytes:
    """The bytes of what ``find`` finds, once ``record`` has put the look on record and that is committed.

    The bytes are made ready before the writing transaction, which then holds up nobody; ``find`` is asked again in it.
    `ChangedMeanwhile` when it finds something else by then, and what either of them raises.
    """
    with context.database.reading() as session:
        shown = find(session)
        ready = shown.ready(session)
        name = shown.name
    with context.database.writing() as session:
        if find(session).name != name:
            raise ChangedMeanwhile
        record(session)
    return ready


def shown_crop(context: Context, face: Face, poor: Poor | None = None) -> Shown:
    return Shown(face.crop_blob_name, lambda session: served_crop(session, context, face, poor))


def shown_for_comparing(context: Context, face: Face, poor: Poor | None = None) -> Shown:
    """The same face upright and of one size with every other (`indexer.comparing`)."""

    def ready(session: Session) -> bytes:
        crop, box, landmarks = _blanked(session, context, face, poor)
        return encode_crop(comparable(crop, box, landmarks, LandmarkScheme(face.scheme)))

    return Shown(face.crop_blob_name, ready)


def served_crop(session: Session, context: Context, face: Face, poor: Poor | None = None) -> bytes:
    """The crop of ``face``, JPEG, with the other faces of its picture blanked. `BlobMissing`, `SealBroken`."""
    return encode_crop(_blanked(session, context, face, poor)[0])


def _blanked(session: Session, context: Context, face: Face, poor: Poor | None = None) -> tuple[Pixels, Box, Landmarks]:
    """The crop's pixels, and where in them the face's own box and landmarks are."""
    sealed = context.store.get(face.crop_blob_name)
    stored = decode_crop(unseal(_key(session, context, face), sealed, about_crop(face.crop_blob_name)))
    left, top, right, bottom = (round(edge) for edge in face.crop_box)
    crop = stored if poor is None else _made_poor(stored, face, poor)
    others = session.scalars(_same_picture(face)).all()
    boxes = [box_in_crop(_edges(other), (left, top, right, bottom), crop) for other in [face, *others]]
    landmarks = points_in_crop(np.array(face.landmarks), (0, 0, stored.shape[1], stored.shape[0]), crop)
    return (blank_regions(crop, boxes[1:], boxes[0]) if others else crop), boxes[0], landmarks


def _made_poor(crop: Pixels, face: Face, poor: Poor) -> Pixels:
    """Before others are blanked, as in a street crop: grey that is noisy would tell."""
    tall = (face.box[3] - face.box[1]) * crop.shape[0] / (face.crop_box[3] - face.crop_box[1])
    return as_on_a_street(crop, poor.face_px / tall, poor.seed)


def _same_picture(face: Face) -> Select[Face]:
    same = Face.photo_id == face.photo_id if face.photo_id else Face.reference_id == face.reference_id
    return select(Face).where(same, Face.id != face.id)


def _edges(face: Face) -> tuple[float, float, float, float]:
    left, top, right, bottom = face.box
    return left, top, right, bottom


def _key(session: Session, context: Context, face: Face) -> bytes:
    if face.photo_id is not None:
        return photo_key(context.keyring, session.get_one(Photo, face.photo_id))
    reference = session.get_one(Reference, face.reference_id)
    return case_key(context.keyring, session.get_one(Case, reference.case_id))
