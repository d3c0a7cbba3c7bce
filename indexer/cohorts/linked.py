"""Street faces of linked children as a cohort, where there are too few cases for one.

Which of them show one child is known by their links, or will be by their scores, so each is measured without those of
its own child. A searched child's own street faces are in it all the same, when nobody knows them yet: that lifts what
its references score with the cohort, so it lowers the scores of its list and weighs the two sides of each anew.
"""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from indexer.cohorts.base import Cohort, Kinship
from indexer.cohorts.limits import MOST, MOST_PER_CHILD
from indexer.linking.groups import groups_of
from indexer.linking.threshold import linking_in_use
from models.face import Face, QualityClass
from models.link import FaceLink
from models.photo import Photo, PhotoState
from models.template import Template

LEAST_LINKED = 1000
"""Faces. 200 street faces were measured to harm, 1,000 to help at long gaps, more so without those of one child."""
_LOOKED_AT = 3 * MOST


def eligible_linked(session: Session, pack_id: str) -> list[int]:
    """Enrolled faces of linked children, at most `MOST`: a stable sample, ids of photos being random."""
    face_ids = list(session.scalars(_linked_faces(pack_id)))
    taken: dict[int, int] = {}
    chosen = []
    for face_id, group in zip(face_ids, link_groups(session, face_ids).tolist(), strict=True):
        taken[group] = taken.get(group, 0) + 1
        if taken[group] <= MOST_PER_CHILD:
            chosen.append(face_id)
    return chosen[:MOST]


def link_groups(session: Session, face_ids: list[int]) -> NDArray[np.int64]:
    """For each face the lowest id of its group, shape (n,); its own where it has no link."""
    groups = groups_of(session, face_ids)
    return np.array([min(groups[each]) for each in face_ids], np.int64)


def kinship(session: Session, pack_id: str, cohort: Cohort, face_ids: list[int]) -> Kinship | None:
    """Of these faces with the members of ``cohort``, as links are now; None for a cohort that is no street faces."""
    if cohort.face_ids is None:
        return None
    groups = link_groups(session, [*face_ids, *cohort.face_ids.tolist()])
    linking = linking_in_use(session, pack_id)
    return Kinship(groups[: len(face_ids)], groups[len(face_ids) :], linking.score if linking else np.inf)


def _linked_faces(pack_id: str) -> Select[int]:
    """Faces with a link that stands; of near repeats of a photo the first alone, for copies say nothing more."""
    one, other = (select(each).where(FaceLink.undone_at.is_(None)) for each in (FaceLink.face_id, FaceLink.other_id))
    return (
        select(Face.id)
        .join(Photo, Photo.id == Face.photo_id)
        .join(Template, (Template.face_id == Face.id) & (Template.pack_id == pack_id))
        .where(Photo.state == PhotoState.DONE, Photo.near_repeat_of.is_(None))
        .where(Face.quality_class != QualityClass.NOT_ENROLLED, Face.id.in_(one.union(other)))
        .order_by(Photo.id, Face.id)
        .limit(_LOOKED_AT)
    )
