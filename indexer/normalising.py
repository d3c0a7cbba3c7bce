"""Adaptive symmetric score normalisation (AS-norm): how much more alike are two faces than each is to other children?

Children's faces attract each other: the picture of a three-year-old scores high with every three-year-old. So each
score is measured, from both sides, in deviations above what that side scores with its nearest faces of a cohort of
other children. Source: Matejka et al., "Analysis of Score Normalization in Multilingual Speaker Recognition",
Interspeech 2017 (the form called adaptive S-norm 1); the number of nearest faces was measured on children growing up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.gallery.base import Templates
from indexer.scoring import Scores

TOP = 50
"""How many nearest cohort faces speak for a face. Measured with cohorts of about 350 children."""
LEAST_COHORT = 300
"""Smaller cohorts are refused: with 200 faces the true child was found less often than without normalising."""
LEAST_DEVIATION = 1e-3
"""A floor, so that a cohort of copies divides nothing by zero; real cohorts deviate by 0.01 and more."""

_FACES_AT_ONCE = 4096

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Statistics:
    """What n faces score with their `TOP` nearest cohort faces: float64, each of shape (n,)."""

    means: NDArray[np.float64]
    deviations: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.means)

    def __getitem__(self, rows: NDArray[np.int64] | Mask | slice) -> "Statistics":
        return Statistics(self.means[rows], self.deviations[rows])


def statistics(templates: Templates, cohort: Templates, left_out: Mask | None = None) -> Statistics:
    """Of each template, shape (n, dimension), against ``cohort``, shape (m, dimension); all are unit vectors.

    ``left_out``, shape (m,) or (n, m), marks cohort faces that do not count: a child's own pictures say nothing about
    other children. ValueError when fewer than `TOP` would count.
    """
    masks = None if left_out is None else np.broadcast_to(left_out, (len(templates), len(cohort)))
    parts = []
    for start in range(0, len(templates), _FACES_AT_ONCE):
        some = slice(start, start + _FACES_AT_ONCE)
        scores = templates[some].astype(np.float64) @ cohort.T.astype(np.float64)
        parts.append(statistics_of(scores, None if masks is None else masks[some]))
    return joined(parts)


def statistics_of(scores: Scores, left_out: Mask | None = None) -> Statistics:
    """The same from scores that are known, shape (n, m). ValueError."""
    counted = scores if left_out is None else np.where(left_out, -np.inf, scores)
    if counted.shape[1] < TOP:
        msg = f"a cohort of {counted.shape[1]} is too small: {TOP} faces must count"
        raise ValueError(msg)
    top = np.partition(counted, -TOP, axis=1)[:, -TOP:]
    if not np.isfinite(top).all():
        msg = f"fewer than {TOP} faces of the cohort are left"
        raise ValueError(msg)
    return Statistics(top.mean(axis=1), np.maximum(top.std(axis=1), LEAST_DEVIATION))


def joined(parts: Sequence[Statistics]) -> Statistics:
    """One after the other; of no parts, statistics of no face."""
    none = np.empty(0)
    return Statistics(
        np.concatenate([none, *(part.means for part in parts)]),
        np.concatenate([none, *(part.deviations for part in parts)]),
    )


def as_norm(scores: Scores, probes: Statistics, faces: Statistics) -> Scores:
    """Normalised scores, in deviations: shape (probes, faces), as ``scores``."""
    by_probe = (scores - probes.means[:, None]) / probes.deviations[:, None]
    by_face = (scores - faces.means) / faces.deviations
    normalised: Scores = (by_probe + by_face) / 2
    return normalised


def highest_possible(ceilings: NDArray[np.float64], probes: Statistics, faces: Statistics) -> NDArray[np.float64]:
    """No more than this can ``faces`` score, normalised, with any probe, where their raw scores are not above
    ``ceilings``, one per probe. Shape (faces,).

    The normalised score rises with the raw one, so the ceiling bounds it; one bound over all probes is a little loose,
    and costs one pass over the faces.
    """
    by_probe = ((ceilings - probes.means) / probes.deviations).max()
    bound: NDArray[np.float64] = (by_probe + (ceilings.max() - faces.means) / faces.deviations) / 2
    return bound
