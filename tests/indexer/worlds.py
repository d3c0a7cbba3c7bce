"""A small world of drawn templates: street faces, the gallery that holds them, and cases that look for some."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy.orm import Session

from indexer.gallery.base import Templates
from indexer.gallery.exact import ExactGallery
from indexer.keyring import KeyRing
from indexer.pack_records import record_pack
from indexer.packs.base import FaceCrop, FoundFace, LandmarkScheme, PackInfo, Pixels, QualityThresholds
from indexer.sealed_records import (
    about_case,
    about_receipt,
    new_case_key,
    new_photo_key,
    photo_key,
    seal_json,
    seal_template,
)
from models.case import Case, CaseState
from models.face import Face
from models.photo import Photo, Receipt
from models.reference import Reference, ReferenceState
from models.session import Database
from models.template import ChangeKind, Template, change_gallery
from models.types import now
from models.user import Role, User
from tests.models.factories import make_case, make_face, make_photo, make_reference, make_user

DIMENSION = 32
PACK_ID = "synthetic"


class DrawnPack:
    """A pack of drawn templates: its passport is all that a search needs."""

    info = PackInfo(
        name="drawn",
        id=PACK_ID,
        dimension=DIMENSION,
        licence="CC0",
        limits="It has never seen a face.",
        scheme=LandmarkScheme.ARCFACE,
        quality=QualityThresholds(*[0.0] * len(fields(QualityThresholds))),
    )

    def find(self, picture: Pixels) -> list[FoundFace]:
        raise AssertionError("nothing is found in drawn templates")

    def embed(self, crops: Sequence[FaceCrop]) -> Templates:
        raise AssertionError("drawn templates are not embedded")


class World:
    """Everything is added in transactions of its own."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self.database, self.keyring = database, keyring
        self.gallery = ExactGallery(PACK_ID, DIMENSION)
        with database.writing() as session:
            record_pack(session, DrawnPack.info)
            self.worker = make_user(session, Role.CASE_WORKER)

    @classmethod
    def at(cls, database: Database, folder: Path) -> "World":
        return cls(database, KeyRing.create(folder / "master.key"))

    def add_faces(
        self, templates: Templates, *, one_photo: bool = False, pack_id: str = PACK_ID, **columns
    ) -> list[int]:
        """Their ids; each in a photo of its own unless told."""
        with self.database.writing() as session:
            photos = (
                [self.new_photo(session)] * len(templates)
                if one_photo
                else [self.new_photo(session) for _ in templates]
            )
            faces = [make_face(session, photo, **columns) for photo in photos]
            for photo, face, template in zip(photos, faces, templates, strict=True):
                self.add_template(session, photo, face, template, pack_id)
            ids = [face.id for face in faces]
        self.gallery.add(np.array(ids), templates)
        return ids

    def new_photo(self, session: Session, **columns) -> Photo:
        photo_id = uuid4()
        return make_photo(session, id=photo_id, wrapped_key=new_photo_key(self.keyring, photo_id)[1], **columns)

    def describe(self, session: Session, face_id: int, volunteer: User, *, faces: int, **said) -> None:
        """What a volunteer says of the face's photo."""
        photo = session.get_one(Photo, session.get_one(Face, face_id).photo_id)
        photo.faces_found = faces
        receipt_id = uuid4()
        sealed = seal_json(photo_key(self.keyring, photo), said, about_receipt(receipt_id))
        session.add(Receipt(id=receipt_id, uploader_id=volunteer.id, photo_id=photo.id, sealed_details=sealed))

    def add_template(self, session: Session, photo: Photo, face: Face, template, pack_id=PACK_ID) -> None:
        sealed = seal_template(photo_key(self.keyring, photo), template, face.id, pack_id)
        session.add(Template(face_id=face.id, pack_id=pack_id, sealed=sealed))
        change_gallery(session, ChangeKind.ADD, face.id, pack_id)

    def add_case(
        self,
        templates: Templates,
        *,
        pack_id: str = PACK_ID,
        approved: bool = True,
        details=None,
        ages=None,
        case_id: UUID | None = None,
        **columns,
    ) -> Case:
        """A case with a reference for each template."""
        with self.database.writing() as session:
            columns = {"state": CaseState.APPROVED} | columns
            case_id = case_id or uuid4()
            key, wrapped = new_case_key(self.keyring, case_id)
            sealed = seal_json(key, details or {}, about_case(case_id))
            case = make_case(session, self.worker, id=case_id, wrapped_key=wrapped, sealed_details=sealed, **columns)
            for template, age in zip(templates, ages or [None] * len(templates), strict=True):
                self.add_reference(session, case, key, template, pack_id=pack_id, approved=approved, age_years=age)
        return case

    @staticmethod
    def add_reference(session, case, key, template, *, pack_id=PACK_ID, approved=True, **columns) -> Reference:
        columns = {"state": ReferenceState.READY, "chosen": 0, "approved_at": now() if approved else None} | columns
        reference = make_reference(session, case, **columns)
        face = make_face(session, reference=reference, number=0, quality={"reasons": []})
        session.add(Template(face_id=face.id, pack_id=pack_id, sealed=seal_template(key, template, face.id, pack_id)))
        return reference
