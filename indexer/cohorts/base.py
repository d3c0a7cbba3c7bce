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
from indexer.normalising import TOP, Mask, Statistics, statistics_of
from indexer.scoring import Scores
from models.cohort import CohortSource

FOLDS = 5


class RawBecause(StrEnum):
    """Why scores are not normalised."""

    FEWER_THAN_300_FACES = "fewer_than_300_cohort_faces"
    COHORT_NOT_READY = "cohort_not_ready"
    COHORT_UNREADABLE = "cohort_unreadable"  # its faces are there, and will not open


def fold_of(case_id: UUID) -> int:
    """Which fold a case belongs to; ids are random."""
    return case_id.int % FOLDS


@dataclass(frozen=True)
class Kinship:
    """Which members of a cohort of street faces show the child of which of m faces.

    ``faces``, shape (m,), and ``members``, shape (n,), hold the number of a child (`indexer.cohorts.linked`). Links are
    made after a face was measured, and made by scores: so a face is kin as well to everybody in whose group a member is
    as alike to it as links need, ``alike_from``. What is measured then does not depend on what came first.
    """

    faces: NDArray[np.int64]
    members: NDArray[np.int64]
    alike_from: float

    def mates(self, scores: Scores) -> Mask:
        """Of ``scores``, shape (m, n), those of faces with members that show the same child; the same shape."""
        children, member_of = np.unique(self.members, return_inverse=True)
        kin = np.equal(self.faces[:, None], children[None, :])
        rows, columns = (scores >= self.alike_from).nonzero()
        kin[rows, member_of[columns]] = True
        mates: Mask = kin[:, member_of]
        mates[(~mates).sum(axis=1) < TOP] = False  # alike to nearly everybody: that is no kinship
        return mates


@dataclass(frozen=True)
class Cohort:
    """Templates of one pack, shape (n, dimension), float32; ``folds``, shape (n,), is -1 for what is no case's.

    ``face_ids``, shape (n,): of a cohort of street faces, which they are.
    """

    id: int
    source: CohortSource
    templates: Templates
    folds: NDArray[np.int64]
    face_ids: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.templates)

    @cached_property
    def variants(self) -> int:
        """How many cohorts this is in truth: one, or one without each fold."""
        return FOLDS if (self.folds >= 0).any() else 1

    @cached_property
    def least(self) -> int:
        """How many faces the smallest of them has."""
        return min(self.size_of(variant) for variant in range(self.variants))

    def size_of(self, variant: int) -> int:
        """How many faces a case of this variant is normalised against."""
        return len(self) - int(self.left_out(variant).sum())

    def variant(self, case_id: UUID) -> int:
        """Which of them a case is normalised against."""
        return fold_of(case_id) if self.variants > 1 else 0

    def left_out(self, variant: int) -> Mask:
        """The members that this variant does without; shape (n,)."""
        return np.equal(self.folds, variant)

    def statistics(self, templates: Templates, kinship: Kinship | None = None) -> list[Statistics]:
        """Of templates, shape (m, dimension), with each variant. With ``kinship`` street faces are measured without the
        members that show the same child."""
        scores = templates.astype(np.float64) @ self.templates.T.astype(np.float64)
        mates = kinship.mates(scores) if kinship else np.zeros((1, 1), bool)
        return [statistics_of(scores, self.left_out(each) | mates) for each in range(self.variants)]
