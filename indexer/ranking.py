"""The best faces of a gallery for a case, joined to live rows: an index may be behind, the records never are."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.gallery.base import Gallery
from indexer.linking.groups import Groups, groups_of
from indexer.probes import Probes
from indexer.rankers import Ranker
from indexer.scoring import ScoredFace
from models.face import Face, QualityClass
from models.photo import Photo, PhotoState
from models.template import Template

SPARE = 20
"""Fetched beyond what is wanted, so that faces which are gone seldom make a second fetch necessary."""
_IDS_AT_ONCE = 5_000  # well under what either database takes as parameters of one statement


def live_photos(session: Session, face_ids: Iterable[int], pack_id: str) -> dict[int, UUID]:
    """Of these faces those that may appear in an answer, each with its photo.

    The photo is neither erased nor hidden, the face is enrolled, and its template is of ``pack_id``.
    """
    query = (
        select(Face.id.label("face_id"), Photo.id.label("photo_id"))
        .join(Photo, Face.photo_id == Photo.id)
        .join(Template, (Template.face_id == Face.id) & (Template.pack_id == pack_id))
        .where(Photo.state != PhotoState.HIDDEN, Face.quality_class != QualityClass.NOT_ENROLLED)
    )
    wanted = list(face_ids)
    found: dict[int, UUID] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = wanted[start : start + _IDS_AT_ONCE]
        found |= {row.face_id: row.photo_id for row in session.execute(query.where(Face.id.in_(some)))}
    return found


def live_rankings(
    session: Session, gallery: Gallery, cases: Sequence[Probes], ranker: Ranker, wanted: int
) -> list[list[ScoredFace]]:
    """For each case at least its ``wanted`` best live children, best first: of linked faces the best stands for all.

    Fewer only where the gallery has no more. Fetches more as often as faces that are gone leave too few.
    """
    limit = wanted + SPARE
    while True:
        ranked = ranker(gallery, cases, limit)
        live = live_photos(session, {face.face_id for faces in ranked for face in faces}, gallery.pack_id)
        groups = groups_of(session, live)
        rankings = [one_each([face for face in faces if face.face_id in live], groups) for faces in ranked]
        if limit >= len(gallery) or all(len(ranking) >= wanted for ranking in rankings):
            return rankings
        limit *= 4


def one_each(faces: list[ScoredFace], groups: Groups) -> list[ScoredFace]:
    """Without those that are linked to a better one."""
    seen: set[int] = set()
    kept = []
    for face in faces:
        if face.face_id not in seen:
            kept.append(face)
            seen |= groups[face.face_id]
    return kept
