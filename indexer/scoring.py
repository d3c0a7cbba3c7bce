"""The score: what a case's references make of each face. Pure functions on arrays.

A gallery gives one score per (reference, face); `best_over_references` makes one per face of them. Mean, best two and
best of several references were within noise of each other on children growing up; the best one can be named.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.gallery.base import FaceIds, Hit, Templates

Scores = NDArray[np.float64]
"""Cosines in [-1, 1], shape (references, faces); -inf where a face was not among those fetched for a reference."""


@dataclass(frozen=True)
class ScoredFace:
    """A face with its score for the case, and the row of the reference that scored best.

    ``score`` is what the list is ranked by; ``raw`` is the cosine of the same pair, the same number unless normalised.
    """

    face_id: int
    score: float
    reference: int
    raw: float


def cosines(references: Templates, faces: Templates) -> Scores:
    """The score of each (reference, face); both are unit vectors of one pack, shapes (n, dimension), (m, dimension)."""
    # Sums of single rows, not a matrix product: that may round equal faces apart.
    products = np.multiply(references[:, None, :], faces[None, :, :], dtype=np.float64)
    clipped: Scores = products.sum(axis=2).clip(-1, 1)
    return clipped


def score_table(hits: Sequence[Sequence[Hit]]) -> tuple[FaceIds, Scores]:
    """A gallery's answer, one list per reference, as face ids in rising order and their scores."""
    face_ids = np.unique(np.array([hit.face_id for row in hits for hit in row], np.int64))
    scores: Scores = np.full((len(hits), len(face_ids)), -np.inf)
    for row, found in enumerate(hits):
        columns = np.searchsorted(face_ids, [hit.face_id for hit in found])
        scores[row, columns] = [hit.score for hit in found]
    return face_ids, scores


def best_over_references(
    face_ids: FaceIds, scores: Scores, raw: Scores | None = None, limit: int | None = None
) -> list[ScoredFace]:
    """Each face's best score over the references, best first, ``limit`` at most; of equal scores the lower face id
    first.

    Of references that score equally the first counts. ``raw``: the cosines, where ``scores`` are something else. From
    tables of the k best faces per reference the first k rows are exact: a face among the k best of the case is among
    the k best of the reference that scores it best.
    """
    if scores.size == 0:
        return []
    cosine = scores if raw is None else raw
    best = scores.max(axis=0)
    rows = scores.argmax(axis=0)
    order = np.lexsort((face_ids, -best))[:limit]
    return [ScoredFace(int(face_ids[at]), float(best[at]), int(rows[at]), float(cosine[rows[at], at])) for at in order]


def two_digits(score: float) -> float:
    """A score as people are told it: more digits would look more certain than they are."""
    return round(score, 2) + 0.0  # -0.0 becomes 0.0


def two_significant(count: int) -> int:
    """A count as people are told it: 8,053 is about 8,100."""
    if count < 100:
        return count
    step: int = 10 ** (math.floor(math.log10(count)) - 1)
    return (count + step // 2) // step * step
