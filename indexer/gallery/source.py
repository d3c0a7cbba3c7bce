"""What the database says of a gallery: its numbered changes, and the templates themselves."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, load_only

from indexer.errors import SealBroken, TemplateUnusable
from indexer.gallery.base import FaceIds, Templates, usable
from indexer.keyring import KeyRing
from indexer.sealed_records import photo_key, unseal_template
from models.face import Face
from models.photo import Photo
from models.template import ChangeKind, GalleryChange, Template

_FACES_AT_ONCE = 1000  # far below the 32,766 parameters of one SQLite statement


@dataclass(frozen=True)
class Loaded:
    """Templates and whose they are; ``unreadable`` rows would not open or hold no template of this dimension."""

    face_ids: FaceIds
    templates: Templates
    unreadable: int


def changes_after(session: Session, number: int, limit: int) -> Sequence[GalleryChange]:
    """The next changes, of every pack, in the order in which they were committed."""
    later = select(GalleryChange).where(GalleryChange.number > number).order_by(GalleryChange.number)
    return session.scalars(later.limit(limit)).all()


def change_numbered(session: Session, number: int) -> GalleryChange | None:
    return session.get(GalleryChange, number)


def newest_change(session: Session) -> GalleryChange | None:
    return session.scalar(select(GalleryChange).order_by(GalleryChange.number.desc()).limit(1))


def newest_change_number(session: Session) -> int:
    """0 before the first change."""
    return session.scalar(select(func.max(GalleryChange.number))) or 0


def anchor(change: GalleryChange | None) -> str:
    """A digest of all that the database says of a change: the same number in another history has another."""
    if change is None:
        return ""
    words = f"{change.number} {change.face_id} {change.pack_id} {change.kind} {change.at.isoformat()}"
    return hashlib.sha256(words.encode()).hexdigest()


def faces_in_gallery(session: Session, pack_id: str) -> list[int]:
    """The faces whose last change is an addition, in rising order."""
    of_pack = select(func.max(GalleryChange.number)).where(GalleryChange.pack_id == pack_id)
    last = GalleryChange.number.in_(of_pack.group_by(GalleryChange.face_id))
    added = select(GalleryChange.face_id).where(last, GalleryChange.kind == ChangeKind.ADD)
    return list(session.scalars(added.order_by(GalleryChange.face_id)))


def templates_of(session: Session, keyring: KeyRing, pack_id: str, dimension: int, face_ids: Sequence[int]) -> Loaded:
    """The templates of these street faces, as far as they still have one. Each photo's key is unwrapped once."""
    opener = _Opener(keyring, pack_id, dimension)
    found: dict[int, NDArray[np.float32]] = {}
    unreadable = 0
    for start in range(0, len(face_ids), _FACES_AT_ONCE):
        for face_id, sealed, photo in session.execute(_sealed(pack_id, face_ids[start : start + _FACES_AT_ONCE])):
            try:
                found[face_id] = opener.open(face_id, sealed, photo)
            except (SealBroken, TemplateUnusable):
                unreadable += 1
    templates = np.stack(list(found.values())) if found else np.empty((0, dimension), np.float32)
    return Loaded(np.array(list(found), np.int64), templates, unreadable)


def _sealed(pack_id: str, face_ids: Sequence[int]) -> Select[int, bytes, Photo]:
    rows = select(Template.face_id, Template.sealed, Photo).options(load_only(Photo.id, Photo.wrapped_key))
    joined = rows.join(Face, Face.id == Template.face_id).join(Photo, Photo.id == Face.photo_id)
    return joined.where(Template.pack_id == pack_id, Template.face_id.in_(face_ids)).order_by(Template.face_id)


class _Opener:
    """Opens templates, and remembers the key of each photo."""

    def __init__(self, keyring: KeyRing, pack_id: str, dimension: int) -> None:
        self._keyring, self._pack_id, self._dimension = keyring, pack_id, dimension
        self._keys: dict[UUID, bytes] = {}

    def open(self, face_id: int, sealed: bytes, photo: Photo) -> NDArray[np.float32]:
        """Shape (dimension,). `SealBroken`, `TemplateUnusable`."""
        if photo.id not in self._keys:
            self._keys[photo.id] = photo_key(self._keyring, photo)
        template = unseal_template(self._keys[photo.id], sealed, face_id, self._pack_id)
        whole: NDArray[np.float32] = usable(template[None], self._dimension)[0]
        return whole
