"""The worker's part in linking: every face that comes is compared with those that are there, once.

Faces of near repeats of one photo are linked to each other. Others are linked only where an evaluation has shown from
which score on that is precise, and where time and place allow it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.cursors import cursor, move_cursor
from indexer.gallery.base import FaceIds, Gallery, Templates
from indexer.gallery.lazy import LazyGallery
from indexer.gallery.source import changes_after, templates_of
from indexer.linking.sense import makes_sense
from indexer.linking.threshold import Linking, linking_in_use
from indexer.logs import get_log
from indexer.plausibility import PhotoEntries
from indexer.sightings import photo_entries
from indexer.turns import take_turn
from models.face import Face
from models.link import FaceLink, LinkReason
from models.photo import Photo
from models.template import ChangeKind

CHANGES_AT_ONCE = 200
NEIGHBOURS = 50
"""More faces of one child than this are linked through each other."""
NEAR_REPEAT_SCORE = 0.7
"""In two copies of one photo a face is the same person's, unless cropping changed who is in it. A judgement: well above
what different people score with either pack, well below what copies of one face do."""


@dataclass(frozen=True)
class Pair:
    """Two street faces that may be of one child; ``face_id`` is the lower id."""

    face_id: int
    other_id: int
    reason: LinkReason
    score: float


class LinkKeeper:
    """One per worker; of several each batch of faces is linked by one. A gallery is needed only to link by score."""

    def __init__(self, context: Context, gallery: LazyGallery) -> None:
        self._context, self._gallery = context, gallery
        self._log = get_log()

    def step(self) -> bool:
        """Link the next faces; whether there were any. What the database raises."""
        info = self._context.pack.info
        with self._context.database.reading() as session:
            done = cursor(session, links_cursor(info.id))
            changes = changes_after(session, done, CHANGES_AT_ONCE)
            if not changes:
                return False
            came = sorted({c.face_id for c in changes if c.kind is ChangeKind.ADD and c.pack_id == info.id})
            pairs = self._sensible(session, self._pairs(session, came))
        with self._context.database.writing() as session:
            take_turn(session, links_cursor(info.id))
            if move_cursor(session, links_cursor(info.id), done, changes[-1].number):
                linked = record_links(session, pairs)
                if linked:
                    self._log.info("faces_linked", links=linked)
        return True

    def _pairs(self, session: Session, came: list[int]) -> list[Pair]:
        info = self._context.pack.info
        loaded = templates_of(session, self._context.keyring, info.id, info.dimension, came)
        pairs = list(self._copies(session, loaded.face_ids, loaded.templates))
        linking = linking_in_use(session, info.id)
        if linking is None or not len(loaded.face_ids):
            return pairs
        known = {(pair.face_id, pair.other_id) for pair in pairs}
        alike = alike_pairs(self._gallery.at(session), loaded.face_ids, loaded.templates, linking)
        return pairs + [pair for pair in alike if (pair.face_id, pair.other_id) not in known]

    def _copies(self, session: Session, face_ids: FaceIds, templates: Templates) -> Iterator[Pair]:
        """Of each new face in a near repeat, the face it is in the photo that was there before."""
        info = self._context.pack.info
        for face_id, template in zip(face_ids.tolist(), templates, strict=True):
            others = faces_of_near_repeats(session, face_id)
            there = templates_of(session, self._context.keyring, info.id, info.dimension, others)
            if not len(there.face_ids):
                continue
            scores = there.templates.astype(np.float64) @ template.astype(np.float64)
            best = int(scores.argmax())
            if scores[best] >= NEAR_REPEAT_SCORE:
                yield _pair(face_id, int(there.face_ids[best]), LinkReason.NEAR_REPEAT, float(scores[best]))

    def _sensible(self, session: Session, pairs: list[Pair]) -> list[Pair]:
        """Of two photos, that can be of one child by time and place; copies of one photo always."""
        photo_of = _photos(session, {each for pair in pairs for each in (pair.face_id, pair.other_id)})
        said = photo_entries(session, self._context.keyring, set(photo_of.values()))
        return [pair for pair in pairs if _is_sensible(pair, photo_of, said)]


def _is_sensible(pair: Pair, photo_of: dict[int, UUID], said: dict[UUID, PhotoEntries]) -> bool:
    one, other = photo_of.get(pair.face_id), photo_of.get(pair.other_id)
    if one is None or other is None or one == other:
        return False
    return pair.reason is LinkReason.NEAR_REPEAT or makes_sense(said[one], said[other])


def alike_pairs(gallery: Gallery, face_ids: FaceIds, templates: Templates, linking: Linking) -> list[Pair]:
    """Each face with its neighbours at or above the threshold."""
    found: dict[tuple[int, int], Pair] = {}
    for face_id, hits in zip(face_ids.tolist(), gallery.search(templates, NEIGHBOURS + 1), strict=True):
        for hit in hits:
            if hit.face_id != face_id and hit.score >= linking.score:
                pair = _pair(face_id, hit.face_id, LinkReason.ALIKE, hit.score)
                found[pair.face_id, pair.other_id] = pair
    return list(found.values())


def faces_of_near_repeats(session: Session, face_id: int) -> list[int]:
    """The faces of the photos that this face's photo repeats, or that repeat it."""
    photo = session.scalar(select(Photo).join(Face, Face.photo_id == Photo.id).where(Face.id == face_id))
    if photo is None:
        return []
    near = Photo.near_repeat_of == photo.id
    if photo.near_repeat_of is not None:
        near |= Photo.id == photo.near_repeat_of
    return list(session.scalars(select(Face.id).join(Photo, Face.photo_id == Photo.id).where(near).order_by(Face.id)))


def record_links(session: Session, pairs: Iterable[Pair]) -> int:
    """Those that are new and whose faces are still there; one that a person has undone is not made again."""
    wanted = {(pair.face_id, pair.other_id): pair for pair in pairs}
    ids = sorted({each for key in wanted for each in key})
    faces = select(Face.id).where(Face.id.in_(ids)).order_by(Face.id)
    here = set(session.scalars(faces.with_for_update(read=True, key_share=True)))
    made = 0
    for key, pair in sorted(wanted.items()):
        if here.issuperset(key) and session.get(FaceLink, key) is None:
            session.add(FaceLink(face_id=pair.face_id, other_id=pair.other_id, reason=pair.reason, score=pair.score))
            made += 1
    return made


def _pair(one: int, other: int, reason: LinkReason, score: float) -> Pair:
    return Pair(min(one, other), max(one, other), reason, score)


def _photos(session: Session, face_ids: Iterable[int]) -> dict[int, UUID]:
    rows = session.execute(select(Face.id, Face.photo_id).where(Face.id.in_(list(face_ids))))
    return {row.id: row.photo_id for row in rows if row.photo_id is not None}


def links_cursor(pack_id: str) -> str:
    """How far linking has come; also the turn that its workers take."""
    return f"links {pack_id}"
