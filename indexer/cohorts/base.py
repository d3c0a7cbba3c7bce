"""A cohort: faces of other children, against which scores are normalised.

A child's own pictures say nothing about other children. So the cases whose references make up a cohort are dealt into
`FOLDS` folds, and a case is normalised against the cohort without its fold: what a street face scores with each of
these smaller cohorts is known before anyone searches, and is exact for every case.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from indexer.gallery.base import Templates
from indexer.normalising import Mask, Statistics, statistics_of
from models.cohort import CohortSource

FOLDS = 5


class RawBecause(StrEnum):
    """Why scores are not normalised."""

    FEWER_THAN_300_FACES = "fewer_than_300_cohort_faces"
    COHORT_NOT_READY = "cohort_not_ready"


def fold_of(case_id: UUID) -> int:
    """Which fold a case belongs to; ids are random."""
    return case_id.int % FOLDS


@dataclass(frozen=True)
class Cohort:
    """Templates of one pack, shape (n, dimension), float32; ``folds``, shape (n,), is -1 for what is no case's.

    ``groups``, shape (n,), says of street faces which child's they are, by the number that `link_groups` gives.
    """

    id: int
    source: CohortSource
    templates: Templates
    folds: NDArray[np.int64]
    groups: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.templates)

    @cached_property
    def variants(self) -> int:
        """How many cohorts this is in truth: one, or one without each fold."""
        return FOLDS if (self.folds >= 0).any() else 1

    def variant(self, case_id: UUID) -> int:
        """Which of them a case is normalised against."""
        return fold_of(case_id) if self.variants > 1 else 0

    def left_out(self, variant: int) -> Mask:
        """The members that this variant does without; shape (n,)."""
        return np.equal(self.folds, variant)

    def statistics(self, templates: Templates, groups: NDArray[np.int64] | None = None) -> list[Statistics]:
        """Of templates, shape (m, dimension), with each variant. ``groups``, shape (m,): street faces are measured
        without the members of their own group, where the cohort is made of street faces."""
        scores = templates.astype(np.float64) @ self.templates.T.astype(np.float64)
        mates = self._mates(groups)
        return [statistics_of(scores, self.left_out(each) | mates) for each in range(self.variants)]

    def _mates(self, groups: NDArray[np.int64] | None) -> Mask:
        """Which members show the child of which row; shape (m, n), or one that stands for no mate at all."""
        if groups is None or self.groups is None:
            return np.zeros((1, 1), bool)
        return np.equal(groups[:, None], self.groups[None, :])
