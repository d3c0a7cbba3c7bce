"""Identity-disjoint parts: what the people of one part are measured with comes from the other parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.evaluation.faces import Faces, Rows
from indexer.normalising import LEAST_COHORT, TOP, Statistics, joined, statistics

MOST_COHORT = 2000
"""Of a larger one so many faces, drawn by the seed: more moves the mean of the nearest 50 by little."""
HALVES, FIFTHS = 2, 5
_FACES_AT_ONCE = 4096


def deal(faces: Faces, parts: int, seed: int) -> Rows:
    """Which part each person is in, shape (people,), so that all have about as many faces for a cohort.

    In a random order, those with most faces first, each person goes to the part that has fewest.
    """
    counts = np.bincount(faces.subjects[faces.counted & faces.found], minlength=faces.people)
    order = np.random.default_rng([seed, 1]).permutation(faces.people)
    dealt, sizes = np.zeros(faces.people, np.int64), np.zeros(parts, np.int64)
    for person in order[np.argsort(-counts[order], kind="stable")]:
        dealt[person] = sizes.argmin()
        sizes[dealt[person]] += counts[person]
    return dealt


@dataclass(frozen=True)
class Cohort:
    """Faces of other people, against which the searches of one part are normalised."""

    faces: Faces

    def __len__(self) -> int:
        return len(self.faces)

    def statistics(self, faces: Faces) -> Statistics:
        """Of ``faces``, all found. Pictures of the same person in the cohort do not count."""
        measured = []
        for start in range(0, len(faces), _FACES_AT_ONCE):
            some = slice(start, start + _FACES_AT_ONCE)
            same = faces.subjects[some, None] == self.faces.subjects[None, :]
            measured.append(statistics(faces.templates[some], self.faces.templates, same))
        return joined(measured)


@dataclass(frozen=True)
class Partition:
    """``part_of`` says each person's part. ``cohorts``, one per part, is None where the data makes none."""

    part_of: Rows
    cohorts: Sequence[Cohort] | None

    @property
    def parts(self) -> int:
        return int(self.part_of.max(initial=0)) + 1


def partition(faces: Faces, seed: int) -> Partition:
    """Halves; where a half is too small for a cohort, fifths, each with the other four as its cohort.

    Where that is too small as well, halves without a cohort.
    """
    for count in (HALVES, FIFTHS):
        part_of = deal(faces, count, seed)
        made = [_cohort(faces, part_of, part, seed) for part in range(count)]
        if all(_is_enough(cohort) for cohort in made):
            return Partition(part_of, made)
    return Partition(deal(faces, HALVES, seed), None)


def _cohort(faces: Faces, part_of: Rows, part: int, seed: int) -> Cohort:
    rows = np.flatnonzero(faces.counted & faces.found & (part_of[faces.subjects] != part))
    if len(rows) > MOST_COHORT:
        rows = np.sort(np.random.default_rng([seed, 2, part]).choice(rows, MOST_COHORT, replace=False))
    return Cohort(faces[rows])


def _is_enough(cohort: Cohort) -> bool:
    """Also for somebody who is in it, whose own pictures do not count."""
    largest = int(np.bincount(cohort.faces.subjects).max(initial=0))
    return len(cohort) >= LEAST_COHORT and len(cohort) - largest >= TOP
