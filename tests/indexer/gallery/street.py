"""Photos with faces and sealed templates in a database, as the ingestion job leaves them."""

from uuid import uuid4

import numpy as np
from sqlalchemy import delete

from indexer.gallery.base import Templates
from indexer.keyring import KeyRing
from indexer.sealed_records import new_case_key, new_photo_key, photo_key, seal_template
from models.face import Face
from models.photo import Photo
from models.session import Database
from models.template import ChangeKind, Template, change_gallery
from tests.models.factories import make_case, make_face, make_photo, make_reference, make_user

PACK, OTHER_PACK = "ab" * 32, "cd" * 32
DIMENSION = 16


class Street:
    """Adds and takes away faces, each call one transaction."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database, self._keyring = database, keyring

    def add(self, templates: Templates, pack_id: str = PACK) -> list[int]:
        """One photo with a face for each template; the face ids."""
        with self._database.writing() as session:
            photo_id = uuid4()
            key, wrapped = new_photo_key(self._keyring, photo_id)
            photo = make_photo(session, id=photo_id, wrapped_key=wrapped)
            faces = [make_face(session, photo) for _ in templates]
            for face, template in zip(faces, templates, strict=True):
                sealed = seal_template(key, template, face.id, pack_id)
                session.add(Template(face_id=face.id, pack_id=pack_id, sealed=sealed))
                change_gallery(session, ChangeKind.ADD, face.id, pack_id)
            return [face.id for face in faces]

    def remove(self, face_ids: list[int], pack_id: str = PACK) -> None:
        self._change(ChangeKind.REMOVE, face_ids, pack_id)

    def put_back(self, face_ids: list[int], pack_id: str = PACK) -> None:
        self._change(ChangeKind.ADD, face_ids, pack_id)

    def _change(self, kind: ChangeKind, face_ids: list[int], pack_id: str) -> None:
        with self._database.writing() as session:
            for face_id in face_ids:
                change_gallery(session, kind, face_id, pack_id)

    def delete_face(self, face_id: int) -> None:
        with self._database.writing() as session:
            session.execute(delete(Face).where(Face.id == face_id))

    def add_reference_face(self, template: np.ndarray) -> int:
        with self._database.writing() as session:
            key, wrapped = new_case_key(self._keyring, uuid4())
            case = make_case(session, make_user(session), wrapped_key=wrapped)
            face = make_face(session, reference=make_reference(session, case))
            session.add(Template(face_id=face.id, pack_id=PACK, sealed=seal_template(key, template, face.id, PACK)))
            change_gallery(session, ChangeKind.ADD, face.id, PACK)
            return face.id

    def spoil(self, face_id: int, how: str) -> None:
        """Put something that is no template of this pack in the template's place."""
        with self._database.writing() as session:
            face = session.get_one(Face, face_id)
            key = photo_key(self._keyring, session.get_one(Photo, face.photo_id))
            axis = np.eye(DIMENSION, dtype=np.float32)[0]
            wrong = {
                "another key": (b"x" * 32, axis),
                "too short": (key, axis[:-1]),
                "not a number": (key, axis * np.nan),
                "too long": (key, axis * 2),
            }
            session.get_one(Template, (face_id, PACK)).sealed = seal_template(*wrong[how], face_id, PACK)
