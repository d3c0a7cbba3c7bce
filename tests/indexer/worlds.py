"""A small world of drawn templates: street faces, the gallery that holds them, and cases that look for some."""

from pathlib import Path
from uuid import uuid4

import numpy as np

from indexer.gallery.base import Templates
from indexer.gallery.exact import ExactGallery
from indexer.keyring import KeyRing
from indexer.pack_records import record_pack
from indexer.sealed_records import about_case, new_case_key, seal_json, seal_template
from models.case import Case, CaseState
from models.reference import ReferenceState
from models.session import Database
from models.template import Template
from models.types import now
from models.user import Role
from tests.models.factories import make_case, make_face, make_photo, make_reference, make_user

DIMENSION = 32
PACK_ID = "synthetic"


class _Info:
    """As much of a pack's passport as its record needs."""

    def __init__(self, pack_id: str) -> None:
        self.id, self.name, self.licence, self.dimension = pack_id, f"pack {pack_id}", "CC0", DIMENSION


class World:
    """Everything is added in transactions of its own."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self.database, self.keyring = database, keyring
        self.gallery = ExactGallery(PACK_ID, DIMENSION)
        with database.writing() as session:
            record_pack(session, _Info(PACK_ID))
            self.worker = make_user(session, Role.CASE_WORKER)

    @classmethod
    def at(cls, database: Database, folder: Path) -> "World":
        return cls(database, KeyRing.create(folder / "master.key"))

    def add_faces(
        self, templates: Templates, *, one_photo: bool = False, pack_id: str = PACK_ID, **columns
    ) -> list[int]:
        """Their ids; each in a photo of its own unless told."""
        with self.database.writing() as session:
            photos = [make_photo(session)] * len(templates) if one_photo else [make_photo(session) for _ in templates]
            faces = [make_face(session, photo, **columns) for photo in photos]
            session.add_all(Template(face_id=face.id, pack_id=pack_id, sealed=b"") for face in faces)
            ids = [face.id for face in faces]
        self.gallery.add(np.array(ids), templates)
        return ids

    def add_case(self, templates: Templates, *, pack_id: str = PACK_ID, approved: bool = True, **columns) -> Case:
        """A case with a reference for each template."""
        with self.database.writing() as session:
            columns = {"state": CaseState.APPROVED} | columns
            case_id = uuid4()
            key, wrapped = new_case_key(self.keyring, case_id)
            details = seal_json(key, {}, about_case(case_id))
            case = make_case(session, self.worker, id=case_id, wrapped_key=wrapped, sealed_details=details, **columns)
            for template in templates:
                self._add_reference(session, case, key, template, pack_id, approved)
        return case

    @staticmethod
    def _add_reference(session, case, key, template, pack_id, approved) -> None:
        reference = make_reference(
            session, case, state=ReferenceState.READY, chosen=0, approved_at=now() if approved else None
        )
        face = make_face(session, reference=reference, number=0)
        session.add(Template(face_id=face.id, pack_id=pack_id, sealed=seal_template(key, template, face.id, pack_id)))
