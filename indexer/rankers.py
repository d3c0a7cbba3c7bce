"""From a gallery's scores to the best faces of cases: by the raw score, or normalised against a cohort.

Both are exact: the first ``limit`` faces of each case are those that scoring every face would give.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.cohorts.base import Cohort, RawBecause
from indexer.cohorts.known import KnownFaces
from indexer.gallery.base import FaceIds, Gallery, Hit
from indexer.normalising import as_norm, highest_possible
from indexer.probes import Probes
from indexer.scoring import ScoredFace, Scores, best_over_references, score_table

FETCHED = 1000
"""Fetched by raw score for each reference before the bound is asked. More makes the bound sharper and costs scoring:
on 60,000 drawn templates 400 to 1,000 were quickest (`python -m benchmarks normalising`)."""
_FACES_AT_ONCE = 4096  # scored in doubles: 16 MB at 512 dimensions
DIGITS = 9  # a matrix product may round equal faces apart: so equal ones score equally, wherever they stand
_ROUNDING = 10.0**-DIGITS  # a bound and the score it bounds are computed in another order


class Ranker(Protocol):
    """How the faces of a gallery are put in order for a case."""

    @property
    def cohort(self) -> Cohort | None:
        """What scores are normalised against; None: they are raw."""
        ...

    @property
    def raw_because(self) -> RawBecause | None: ...

    def __call__(self, gallery: Gallery, cases: Sequence[Probes], limit: int) -> list[list[ScoredFace]]:
        """For each case its ``limit`` best faces, best first; of equal scores the lower face id first."""
        ...


class RawRanker:
    """By the cosine of the most alike reference."""

    cohort = None

    def __init__(self, because: RawBecause) -> None:
        self.raw_because = because

    def __call__(self, gallery: Gallery, cases: Sequence[Probes], limit: int) -> list[list[ScoredFace]]:
        found = _search(gallery, cases, limit)
        return [best_over_references(*score_table(hits), limit=limit) for hits in found]


class NormalisedRanker:
    """By the normalised score of the reference that is best by it.

    A face far down by its raw score may be high up when normalised. So what was fetched by raw score is normalised, and
    then every face is looked at whose normalised score could, by its stored statistics and by the lowest score that was
    fetched, reach the list: nothing is lost by fetching.
    """

    raw_because = None

    def __init__(self, cohort: Cohort, known: KnownFaces, fetched: int = FETCHED) -> None:
        self.cohort, self._known, self._fetched = cohort, known, fetched

    def __call__(self, gallery: Gallery, cases: Sequence[Probes], limit: int) -> list[list[ScoredFace]]:
        fetched = max(limit, self._fetched)
        found = _search(gallery, cases, fetched)
        return [self._ranked(gallery, case, hits, limit) for case, hits in zip(cases, found, strict=True)]

    def _ranked(self, gallery: Gallery, case: Probes, hits: list[list[Hit]], limit: int) -> list[ScoredFace]:
        table = _Normalised(gallery, case, self.cohort, self._known)
        fetched = np.unique(np.array([hit.face_id for row in hits for hit in row], np.int64))
        ranked = table.ranked(fetched, limit)
        if len(ranked) < limit:
            return ranked
        ceilings = np.array([row[-1].score for row in hits])
        more = table.could_reach(ranked[limit - 1].score, ceilings, fetched)
        return table.ranked(np.union1d(fetched, more), limit) if len(more) else ranked


class _Normalised:
    """The normalised scores of one case with the faces of one gallery."""

    def __init__(self, gallery: Gallery, case: Probes, cohort: Cohort, known: KnownFaces) -> None:
        self._gallery, self._case, self._known = gallery, case, known
        self._variant = cohort.variant(case.case_id)
        self._probes = cohort.statistics(case.templates)[self._variant]

    def ranked(self, face_ids: FaceIds, limit: int) -> list[ScoredFace]:
        """The best of these that are still in the gallery."""
        present, raw = self._raw(self._known.among(face_ids))
        normalised = as_norm(raw, self._probes, self._known.of(present, self._variant))
        return best_over_references(present, normalised.round(DIGITS), raw.clip(-1, 1), limit)

    def _raw(self, face_ids: FaceIds) -> tuple[FaceIds, Scores]:
        """Those still in the gallery, and their raw scores, shape (references, faces)."""
        present, columns = [np.empty(0, np.int64)], [np.empty((len(self._case.templates), 0))]
        for start in range(0, len(face_ids), _FACES_AT_ONCE):
            some, stored = self._gallery.templates(face_ids[start : start + _FACES_AT_ONCE])
            present.append(some)
            columns.append(self._case.templates.astype(np.float64) @ stored.astype(np.float64).T)
        return np.concatenate(present), np.concatenate(columns, axis=1)

    def could_reach(self, score: float, ceilings: NDArray[np.float64], fetched: FaceIds) -> FaceIds:
        """The faces not fetched that may score ``score`` or more, though no raw score of theirs is above ``ceilings``,
        one per reference."""
        bounds = highest_possible(ceilings, self._probes, self._known.variants[self._variant])
        reaching = self._known.face_ids[bounds > score - _ROUNDING]
        return np.setdiff1d(reaching, fetched, assume_unique=True)


def _search(gallery: Gallery, cases: Sequence[Probes], limit: int) -> list[list[list[Hit]]]:
    """The gallery's answer for each case, one list per reference; the gallery is scanned once for all of them."""
    if not cases:
        return []
    hits = gallery.search(np.concatenate([case.templates for case in cases]), limit)
    found, start = [], 0
    for case in cases:
        found.append(hits[start : start + len(case.templates)])
        start += len(case.templates)
    return found
