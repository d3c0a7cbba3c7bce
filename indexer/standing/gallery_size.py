"""How many street faces there are to compare with, known without counting them all again at each step."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from indexer.gallery.source import newest_change_number
from models.face import Face, QualityClass
from models.template import Template

SLACK = 0.01
"""So much may the figure be off. Far less than what has a threshold counted anew."""


class GallerySize:
    """Of one pack. A change adds or removes one face, so few changes move the figure by little."""

    def __init__(self) -> None:
        self._faces = 0
        self._counted_at = -1

    def at(self, session: Session, pack_id: str) -> int:
        """Exact below a hundred faces, and wherever nothing changed; else off by `SLACK` at most."""
        number = newest_change_number(session)
        if self._counted_at < 0 or not 0 <= number - self._counted_at <= SLACK * self._faces:
            self._faces, self._counted_at = enrolled_faces(session, pack_id), number
        return self._faces


def enrolled_faces(session: Session, pack_id: str) -> int:
    """How many street faces may be in the gallery of a pack: all are looked at."""
    of_street = select(func.count()).select_from(Face).where(Face.photo_id.is_not(None))
    enrolled = of_street.where(Face.quality_class != QualityClass.NOT_ENROLLED)
    return session.scalar(enrolled.join(Template, Template.face_id == Face.id).where(Template.pack_id == pack_id)) or 0
