"""The references of all open cases, ready to be compared with faces that come."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from indexer.cohorts.base import Cohort, Kinship
from indexer.gallery.base import FaceIds, Stored, Templates
from indexer.keyring import KeyRing
from indexer.normalising import Statistics, as_norm
from indexer.probes import Probes, all_probes, searchable_references
from indexer.rankers import DIGITS
from indexer.scoring import ScoredFace, Scores, best_over_references

_ROWS_AT_ONCE = 1000  # references whose scores with a cohort of 2,000 are 16 MB


@dataclass(frozen=True)
class Watched:
    """All searchable references, one case after the other; the same scores as `indexer.rankers`, for all at once."""

    cases: Sequence[Probes]
    cohort: Cohort | None

    def __len__(self) -> int:
        return len(self.templates)

    @cached_property
    def templates(self) -> Templates:
        """Shape (references, dimension)."""
        return np.concatenate([case.templates for case in self.cases]) if self.cases else np.empty((0, 0), np.float32)

    @cached_property
    def places(self) -> dict[UUID, int]:
        """Of each case its place in ``cases``."""
        return {case.case_id: place for place, case in enumerate(self.cases)}

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """The first row of each case, and the number of rows."""
        return np.cumsum([0, *(len(case.reference_ids) for case in self.cases)])

    @cached_property
    def _variants(self) -> NDArray[np.int64]:
        """Of each row the variant of the cohort that its case is normalised against."""
        assert self.cohort is not None
        each = [self.cohort.variant(case.case_id) for case in self.cases]
        return np.repeat(np.array(each, np.int64), np.diff(self._starts))

    @cached_property
    def _statistics(self) -> Statistics:
        """Of each row, with the variant of its case."""
        assert self.cohort is not None
        means, deviations = np.empty(len(self)), np.empty(len(self))
        for start in range(0, len(self), _ROWS_AT_ONCE):
            some = slice(start, start + _ROWS_AT_ONCE)
            by_variant = self.cohort.statistics(self.templates[some])
            for variant, known in enumerate(by_variant):
                rows = np.flatnonzero(self._variants[some] == variant)
                means[start + rows], deviations[start + rows] = known.means[rows], known.deviations[rows]
        return Statistics(means, deviations)

    def rows(self, place: int) -> slice:
        """Those of one case."""
        return slice(int(self._starts[place]), int(self._starts[place + 1]))

    def scores(self, faces: Stored, kinship: Kinship | None, some: slice = slice(None)) -> tuple[Scores, Scores]:
        """Of these references with these faces: what lists are ranked by, and raw. Shapes (references, faces).

        ``kinship``: of the faces with the cohort, where it is of street faces (`indexer.cohorts.linked.kinship`).
        """
        raw = self.templates[some].astype(np.float64) @ faces.astype(np.float64).T
        if self.cohort is None:
            return raw.clip(-1, 1), raw.clip(-1, 1)
        normalised = np.empty_like(raw)
        statistics, variants = self._statistics[some], self._variants[some]
        for variant, of_faces in enumerate(self.cohort.statistics(faces.astype(np.float32), kinship)):
            rows = np.flatnonzero(variants == variant)
            normalised[rows] = as_norm(raw[rows], statistics[rows], of_faces)
        return normalised.round(DIGITS), raw.clip(-1, 1)

    def above(
        self, thresholds: NDArray[np.float64], face_ids: FaceIds, faces: Stored, kinship: Kinship | None
    ) -> dict[int, list[ScoredFace]]:
        """By the place of a case, the faces at or above its threshold, best first. ``thresholds``: one per case;
        ``kinship``: as for `scores`."""
        if not len(self) or not len(face_ids):
            return {}
        scores, raw = self.scores(faces, kinship)
        reached = np.maximum.reduceat(scores, self._starts[:-1], axis=0) >= thresholds[:, None]
        found = {}
        for place in np.flatnonzero(reached.any(axis=1)):
            rows, columns = self.rows(int(place)), np.flatnonzero(reached[place])
            found[int(place)] = best_over_references(face_ids[columns], scores[rows, columns], raw[rows, columns])
        return found


class Watch:
    """Keeps `Watched` as the records have it: unsealed anew only when a reference or the cohort has changed."""

    def __init__(self, keyring: KeyRing, pack_id: str) -> None:
        self._keyring, self._pack_id = keyring, pack_id
        self._now = Watched([], None)
        self._made_of: object = None

    def at(self, session: Session, cohort: Cohort | None) -> Watched:
        of_cohort = (cohort.id, len(cohort)) if cohort else None
        made_of = (searchable_references(session, self._pack_id), of_cohort)
        if made_of != self._made_of:
            self._now = Watched(all_probes(session, self._keyring, self._pack_id), cohort)
            self._made_of = made_of
        return self._now
