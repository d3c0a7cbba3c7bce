"""Taking a reference in: read, embedded, sealed and stored first; then one short transaction that records it.

read_reference     no transaction    decode, find faces, assess, cut, embed with the mirror image, seal, store
record_reference   one transaction   the reference, its faces and their templates; never a change to a gallery

A reference is never refused for its quality: what is weak about it is said in words.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.discards import announce, discard, keep
from indexer.errors import FaceNumberUnknown, NoFaceFound, ReferenceKnown
from indexer.face_rows import face_row
from indexer.ingest import AssessedFace, assess_face, find_faces, store_crops, stored_crops
from indexer.intake import STORED_AHEAD_SECONDS
from indexer.mirroring import embed_both_ways
from indexer.pack_records import record_pack
from indexer.packs.base import Pixels, Templates
from indexer.sealed_records import (
    about_reference,
    case_key,
    new_reference_crop_blob,
    reference_blob,
    seal_template,
)
from indexer.sealing import seal
from indexer.seeded_pairs import forget_pairs_with
from models.case import Case
from models.errors import WrongState
from models.face import Face
from models.reference import Reference, ReferenceState
from models.template import Template

SMALL_SIDE_PX = 200
"""On the shorter side: even a face that fills half of such a picture is small for every pack."""


@dataclass(frozen=True)
class ReadReference:
    """A reference that was read, embedded and stored. Nothing is recorded yet; ``templates`` has one row per face."""

    id: UUID
    digest: bytes
    width: int
    height: int
    faces: list[AssessedFace]
    templates: Templates

    @property
    def blob_names(self) -> list[str]:
        return [reference_blob(self.id), *(face.blob_name for face in self.faces)]


def read_reference(context: Context, case: Case, data: bytes) -> ReadReference:
    """Read untrusted bytes. `ImageRefused`, `DecoderUnavailable`, `PackError`, `StorageError`: nothing was kept."""
    decoded = context.decoder.decode(data)
    reference_id = uuid4()
    faces = _faces(context, reference_id, context.decoder.pixels(decoded.jpeg))
    templates = embed_both_ways(context.pack, stored_crops(faces))
    digest = context.keyring.digest_of("reference", data)
    read = ReadReference(reference_id, digest, decoded.width, decoded.height, faces, templates)
    announce(context.database, read.blob_names, STORED_AHEAD_SECONDS)
    key = case_key(context.keyring, case)
    context.store.put(reference_blob(reference_id), seal(key, decoded.jpeg, about_reference(reference_id)))
    store_crops(context, faces, key)
    return read


def record_reference(
    session: Session, context: Context, case: Case, read: ReadReference, taken_on: date | None, age_years: float | None
) -> Reference:
    """One face: it is the child's. Several: the case worker says which. None: it is kept, and of no use yet.

    `ReferenceKnown` when the case has exactly this picture already.
    """
    known = select(Reference.id).where(Reference.case_id == case.id, Reference.digest == read.digest)
    if session.scalar(known) is not None:
        raise ReferenceKnown
    keep(session, read.blob_names)
    reference = Reference(
        id=read.id,
        case_id=case.id,
        digest=read.digest,
        blob_name=reference_blob(read.id),
        width=read.width,
        height=read.height,
        taken_on=taken_on,
        age_years=age_years,
        state=ReferenceState.NEEDS_FACE if read.faces else ReferenceState.NO_FACE,
    )
    if len(read.faces) == 1:
        reference.choose(0)
    session.add(reference)
    session.flush()
    _record_faces(session, context, case, read)
    return reference


def choose_face(session: Session, reference: Reference, number: int) -> None:
    """Say which face is the child's. What was approved stays as it was seen.

    `NoFaceFound`, `FaceNumberUnknown`, `WrongState`.
    """
    if reference.state is ReferenceState.NO_FACE:
        raise NoFaceFound(advice=no_face_advice(reference))
    faces = session.scalar(select(func.count()).where(Face.reference_id == reference.id)) or 0
    if not 0 <= number < faces:
        raise FaceNumberUnknown(number=number, last=faces - 1)
    if reference.approved_at is not None and number != reference.chosen:
        raise WrongState(thing="reference", state="approved", change="given another face; remove it and add it again")
    reference.choose(number)


def remove_reference(session: Session, reference: Reference) -> None:
    """Gone when this transaction commits: row, faces, templates; its stored bytes right after."""
    faces = session.execute(select(Face.id, Face.crop_blob_name).where(Face.reference_id == reference.id)).all()
    forget_pairs_with(session, [face_id for face_id, _ in faces])
    discard(session, [reference.blob_name, *(crop for _, crop in faces)])
    session.flush()
    session.execute(delete(Reference).where(Reference.id == reference.id))  # faces and templates go with it
    session.expunge(reference)


def no_face_advice(reference: Reference) -> str:
    """Why no face was found, as far as that can be known, and what would help; the end of a sentence."""
    if min(reference.width, reference.height) < SMALL_SIDE_PX:
        size = f"{reference.width} x {reference.height}"
        return f"the picture is only {size} pixels, so send the original instead of a reduced copy"
    return (
        "the face may be too small, turned away, covered, tilted or in the dark, so send a picture, "
        "or a part of this one, that shows it large, from the front and upright"
    )


def _faces(context: Context, reference_id: UUID, picture: Pixels) -> list[AssessedFace]:
    found, _ = find_faces(context.pack, picture, context.settings.max_faces_per_photo)
    return [assess_face(context.pack, picture, face, new_reference_crop_blob(reference_id)) for face in found]


def _record_faces(session: Session, context: Context, case: Case, read: ReadReference) -> None:
    if not read.faces:
        return
    info = context.pack.info
    record_pack(session, info)
    rows = [face_row(number, face, info, reference_id=read.id) for number, face in enumerate(read.faces)]
    session.add_all(rows)
    session.flush()  # gives the faces their ids, which their sealed templates are bound to
    key = case_key(context.keyring, case)
    for row, template in zip(rows, read.templates, strict=True):
        sealed = seal_template(key, template, row.id, info.id)
        session.add(Template(face_id=row.id, pack_id=info.id, sealed=sealed))
