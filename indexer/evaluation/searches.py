"""Which searches a dataset makes: for every face that could be on the street, the references its parents would have."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from indexer.evaluation.faces import Faces, Rows

MOST_REFERENCES = 5


class Band(StrEnum):
    """Years from the most recent reference to the mate; from the first number to below the second."""

    Y1_3 = "1-3"
    Y3_6 = "3-6"
    Y6_10 = "6-10"
    Y10_17 = "10-17"
    UNKNOWN = "no ages: adults or unknown"

    @property
    def years(self) -> tuple[float, float]:
        """ValueError where it has none."""
        first, last = self.value.split("-", 1)
        return float(first), float(last)


AGE_BANDS = (Band.Y1_3, Band.Y3_6, Band.Y6_10, Band.Y10_17)


@dataclass(frozen=True)
class Probe:
    """The references of one person that are searched with together: rows of the faces, found or not."""

    subject: int
    references: tuple[int, ...]


@dataclass(frozen=True)
class Searches:
    """n searches. ``probes[probe_of[i]]`` is searched with, and row ``mates[i]`` is its only mate in the gallery.

    Several searches share a probe: the same references, and another picture of the child to be found.
    """

    probes: tuple[Probe, ...]
    probe_of: Rows
    mates: Rows
    bands: tuple[Band, ...]

    def __len__(self) -> int:
        return len(self.mates)

    @property
    def subjects(self) -> Rows:
        return np.array([self.probes[probe].subject for probe in self.probe_of], np.int64)

    def in_band(self, band: Band) -> Rows:
        return np.flatnonzero([each is band for each in self.bands])


def searches_of(faces: Faces, seed: int) -> Searches:
    """With ages: every child's face once in each band that has references for it. Without: every face once."""
    listed = _by_age(faces) if faces.has_ages else _at_random(faces, seed)
    numbers: dict[Probe, int] = {}
    probe_of = [numbers.setdefault(probe, len(numbers)) for probe, _, _ in listed]
    return Searches(
        tuple(numbers),
        np.array(probe_of, np.int64),
        np.array([mate for _, mate, _ in listed], np.int64),
        tuple(band for _, _, band in listed),
    )


def _by_age(faces: Faces) -> list[tuple[Probe, int, Band]]:
    """References: up to five pictures at least as many years before the mate as the band begins, the latest ones.

    The latest of them must be less years before than the band ends. Whether a face was found is not asked: parents
    give what they have, and what cannot be used is a miss.
    """
    listed = []
    for subject in range(faces.people):
        own = np.flatnonzero((faces.subjects == subject) & np.isfinite(faces.ages))
        own = own[np.argsort(-faces.ages[own], kind="stable")]
        for mate in own[faces.counted[own]].tolist():
            gaps = faces.ages[mate] - faces.ages[own]
            for band in AGE_BANDS:
                first, last = band.years
                before = own[gaps >= first]
                if len(before) and faces.ages[mate] - faces.ages[before[0]] < last:
                    listed.append((Probe(subject, tuple(before[:MOST_REFERENCES].tolist())), mate, band))
    return listed


def _at_random(faces: Faces, seed: int) -> list[tuple[Probe, int, Band]]:
    """References: up to five other pictures of the person, drawn by the seed."""
    random = np.random.default_rng([seed, 3])
    listed = []
    for subject in range(faces.people):
        own = np.flatnonzero(faces.subjects == subject)
        for mate in own.tolist():
            others = own[own != mate]
            if len(others):
                chosen = random.permutation(others)[:MOST_REFERENCES]
                listed.append((Probe(subject, tuple(np.sort(chosen).tolist())), mate, Band.UNKNOWN))
    return listed
