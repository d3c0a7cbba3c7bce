"""Face crops as people see them: unsealed, every other face blanked."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.images import blank_regions, box_in_crop, decode_crop, encode_crop
from indexer.sealed_records import about_crop, case_key, photo_key
from indexer.sealing import unseal
from models.case import Case
from models.face import Face
from models.photo import Photo
from models.reference import Reference


def served_crop(session: Session, context: Context, face: Face) -> bytes:
    """The crop of ``face``, JPEG, with the other faces of its picture blanked. `BlobMissing`, `SealBroken`."""
    sealed = context.store.get(face.crop_blob_name)
    crop = decode_crop(unseal(_key(session, context, face), sealed, about_crop(face.crop_blob_name)))
    others = session.scalars(_same_picture(face)).all()
    left, top, right, bottom = (round(edge) for edge in face.crop_box)
    boxes = [box_in_crop(_edges(other), (left, top, right, bottom), crop) for other in [face, *others]]
    return encode_crop(blank_regions(crop, boxes[1:], boxes[0])) if others else encode_crop(crop)


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
