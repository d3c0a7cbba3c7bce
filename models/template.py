"""The vectors of faces, and the numbered changes that galleries follow."""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.commit_order import next_number
from models.types import BigId, Moment, now, one_of


class Template(Base):
    """The template of one face under one pack, sealed under the key of its photo or case."""

    __tablename__ = "templates"

    face_id: Mapped[int] = mapped_column(BigId, ForeignKey("faces.id", ondelete="CASCADE"), primary_key=True)
    pack_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ChangeKind(StrEnum):
    ADD = "add"
    REMOVE = "remove"


class GalleryChange(Base):
    """One change to the gallery of one pack. Numbers rise in commit order, so a follower never misses a row.

    ``face_id`` is no foreign key: a removal outlives the face.
    """

    __tablename__ = "gallery_changes"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    face_id: Mapped[int] = mapped_column(BigInteger, index=True)
    pack_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[ChangeKind] = mapped_column(one_of(ChangeKind))
    at: Mapped[Moment] = mapped_column(default=now)


_WAITING = "gallery_changes"


def change_gallery(session: Session, kind: ChangeKind, face_id: int, pack_id: str) -> None:
    """Have the gallery of ``pack_id`` gain or lose a face when this transaction commits."""
    session.info.setdefault(_WAITING, []).append(GalleryChange(face_id=face_id, pack_id=pack_id, kind=kind))


def number_gallery_changes(session: Session) -> None:
    """Draw the numbers of this transaction's changes; the lock is held until it commits."""
    waiting: list[GalleryChange] = session.info.pop(_WAITING, [])
    if not waiting:
        return
    first = next_number(session, GalleryChange.number)
    for number, change in enumerate(waiting, start=first):
        change.number = number
    session.add_all(waiting)
    session.flush()
