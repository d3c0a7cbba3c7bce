"""Intervals by resampling people: pictures of one person resemble each other, so people are what was sampled.

B. Efron's bootstrap with percentile intervals; a person drawn twice counts twice with all their searches.
"""

from dataclasses import dataclass

import numpy as np

from indexer.evaluation.faces import Flags, Numbers, Rows
from indexer.evaluation.metrics import threshold_at

RESAMPLES = 1000
_INTERVAL = (2.5, 97.5)  # per cent


@dataclass(frozen=True)
class Scored:
    """Scores, and whose each is; both of shape (n,)."""

    scores: Numbers
    subjects: Rows

    def __getitem__(self, rows: Rows | Flags) -> "Scored":
        return Scored(self.scores[rows], self.subjects[rows])


@dataclass(frozen=True)
class Resamples:
    """``weights``, shape (RESAMPLES, people): how often each person was drawn, those without a search too."""

    weights: Numbers

    @classmethod
    def draw(cls, people: int, seed: int) -> "Resamples":
        random = np.random.default_rng([seed, 4])
        return cls(random.multinomial(people, np.full(people, 1 / people), RESAMPLES).astype(np.float64))

    def means(self, values: Numbers | Flags, subjects: Rows) -> Numbers:
        """The mean of ``values`` in each resample; ``subjects`` says whose each is. nan where nobody was drawn."""
        people = self.weights.shape[1]
        sums = np.bincount(subjects, weights=values.astype(np.float64), minlength=people)
        counts = np.bincount(subjects, minlength=people)
        with np.errstate(invalid="ignore", divide="ignore"):
            means: Numbers = (self.weights @ sums) / (self.weights @ counts)
        return means

    def misses_at(self, rate: float, mated: Scored, others: Scored) -> Numbers:
        """In each resample the share of ``mated`` below the threshold that lets ``rate`` of ``others`` through."""
        misses = np.full(len(self.weights), np.nan)
        others = others[np.argsort(-others.scores)]  # sorted once, each resample sorts in next to no time
        for number, weights in enumerate(self.weights):
            of_mated, of_others = weights[mated.subjects], weights[others.subjects]
            if of_mated.sum() and of_others.sum():
                threshold = threshold_at(others.scores, rate, of_others)
                misses[number] = (of_mated * (mated.scores < threshold)).sum() / of_mated.sum()
        return misses


def interval(resampled: Numbers) -> tuple[float, float]:
    low, high = np.nanpercentile(resampled, _INTERVAL)
    return float(low), float(high)
