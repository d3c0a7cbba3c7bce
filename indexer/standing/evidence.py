"""When a pair that people rejected is worth their eyes again: a new pack, or a new reference that speaks louder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from indexer.cohorts.linked import kinship
from indexer.gallery.base import FaceIds, Gallery
from indexer.linking.candidates import known_candidates
from indexer.rankers import DIGITS
from indexer.scoring import ScoredFace, Scores
from indexer.standing.watched import Watched
from models.candidate import Candidate, CandidateState, Search, SearchResult
from models.reference import Reference

_ROUNDING = 10.0**-DIGITS  # the same pair among other faces may be rounded apart


@dataclass(frozen=True)
class Ranked:
    """Faces among the first 20 of new references of one case; ``gallery`` None where no reference is new."""

    case_id: UUID
    reference_ids: Sequence[UUID]
    faces: Sequence[ScoredFace]
    pack_id: str
    watched: Watched
    gallery: Gallery | None


def returning(session: Session, ranked: Ranked) -> frozenset[UUID]:
    """The rejected candidates of the case that come back, by id."""
    known = known_candidates(session, ranked.case_id, [face.face_id for face in ranked.faces])
    rejected = [
        (known[face.face_id], face)
        for face in ranked.faces
        if face.face_id in known and known[face.face_id].state is CandidateState.REJECTED
    ]
    return frozenset(
        candidate.id
        for candidate, face in rejected
        if _is_new_pack(session, candidate, ranked.pack_id) or _is_louder(session, candidate, face, ranked)
    )


def scores_of_case(
    session: Session, watched: Watched, gallery: Gallery, place: int, face_ids: Sequence[int]
) -> tuple[FaceIds, Scores]:
    """Of these faces those that ``gallery`` holds, and what each reference of a case scores with them: shape
    (references, faces), as lists are ranked."""
    here, stored = gallery.templates(np.array(face_ids, np.int64))
    cohort = watched.cohort
    kin = kinship(session, gallery.pack_id, cohort, here.tolist()) if cohort else None
    return here, watched.scores(stored, kin, watched.rows(place))[0]


def _is_new_pack(session: Session, candidate: Candidate, pack_id: str) -> bool:
    """Whoever rejected it had not seen what this pack says of it."""
    of_pack = select(Search.id).join(SearchResult, SearchResult.search_id == Search.id)
    before = of_pack.where(SearchResult.candidate_id == candidate.id, Search.at <= candidate.decided_at)
    return session.scalar(before.where(Search.pack_id == pack_id).limit(1)) is None


def _is_louder(session: Session, candidate: Candidate, face: ScoredFace, ranked: Ranked) -> bool:
    """By a reference approved since it was rejected, above every earlier reference and every score that was stored.

    What was stored counts by its raw score, which does not change with the cohort: so the same picture, removed and
    added again, is no new evidence.
    """
    if ranked.gallery is None or candidate.decided_at is None:
        return False
    approved = _approved(session, ranked.case_id)
    reference_id = ranked.reference_ids[face.reference]
    if reference_id not in approved or approved[reference_id] <= candidate.decided_at:
        return False
    place = ranked.watched.places[ranked.case_id]
    _, scores = scores_of_case(session, ranked.watched, ranked.gallery, place, [face.face_id])
    now = dict(zip(ranked.watched.cases[place].reference_ids, scores.max(axis=1, initial=-np.inf), strict=True))
    earlier = [now[each] for each in now if each in approved and approved[each] <= candidate.decided_at]
    best = session.scalar(
        select(func.max(SearchResult.raw_score))
        .join(Search, SearchResult.search_id == Search.id)
        .where(SearchResult.candidate_id == candidate.id, Search.pack_id == ranked.pack_id)
    )
    is_best_now = now[reference_id] > max(earlier, default=-np.inf) + _ROUNDING
    return is_best_now and (best is None or face.raw > best + _ROUNDING)


def _approved(session: Session, case_id: UUID) -> dict[UUID, datetime]:
    rows = session.execute(select(Reference.id, Reference.approved_at).where(Reference.case_id == case_id))
    return {row.id: row.approved_at for row in rows if row.approved_at is not None}
