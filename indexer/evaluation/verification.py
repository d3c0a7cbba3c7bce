"""Verification: pairs of two pictures, of one person or of two. FNMR at FMR as ISO/IEC 19795-1 names them.

Pairs are made within each part, so that a score is never normalised against one of its own two people.
"""

from dataclasses import dataclass

import numpy as np

from indexer.evaluation.faces import Faces, Flags, Numbers, Rows
from indexer.evaluation.figures import LEAST_ERRORS, Figure, Json, not_measured, share, told_threshold, too_few
from indexer.evaluation.metrics import threshold_at
from indexer.evaluation.parts import Partition
from indexer.evaluation.scores import Kind, kinds_of
from indexer.evaluation.study import NO_COHORT, Study
from indexer.normalising import as_norm

RATES = (1e-2, 1e-3, 1e-4)
MOST_FACES = 1500
"""Of a larger part so many pictures, drawn by the seed: about a million pairs."""


@dataclass(frozen=True)
class Pairs:
    """Scores of pairs of one person (-inf where one picture has no face) and whose they are; of pairs of two."""

    mated: Numbers
    subjects: Rows
    others: Numbers


def verification(study: Study) -> Json:
    """By each kind of score, over pairs of the pictures that the protocols are about."""
    pairs = pairs_of(study.faces, study.partition, study.seed)
    raw = pairs[Kind.RAW]
    made: Json = {"pairs_of_one_person": len(raw.mated), "pairs_of_two_people": len(raw.others)}
    for kind in Kind:
        made[kind.value] = {f"fnmr_at_fmr_{rate:g}": _fnmr(study, pairs.get(kind), rate) for rate in RATES}
    return made


def pairs_of(faces: Faces, partition: Partition, seed: int) -> dict[Kind, Pairs]:
    """Every pair within a part, by each kind of score that the data allows."""
    parts = [_pairs_in(faces, partition, part, seed) for part in range(partition.parts)]
    return {
        kind: Pairs(
            np.concatenate([part[kind].mated for part in parts]),
            np.concatenate([part[kind].subjects for part in parts]),
            np.concatenate([part[kind].others for part in parts]),
        )
        for kind in kinds_of(partition)
    }


def _pairs_in(faces: Faces, partition: Partition, part: int, seed: int) -> dict[Kind, Pairs]:
    rows = np.flatnonzero(faces.counted & (partition.part_of[faces.subjects] == part))
    if len(rows) > MOST_FACES:
        rows = np.sort(np.random.default_rng([seed, 5, part]).choice(rows, MOST_FACES, replace=False))
    some = faces[rows]
    first, second = np.triu_indices(len(some), 1)
    same = some.subjects[first] == some.subjects[second]
    usable = some.found[first] & some.found[second]
    return {
        kind: Pairs(
            np.where(usable[same], table[first[same], second[same]], -np.inf),
            some.subjects[first[same]],
            table[first[~same & usable], second[~same & usable]],
        )
        for kind, table in _tables(some, partition, part).items()
    }


def _tables(some: Faces, partition: Partition, part: int) -> dict[Kind, Numbers]:
    cosines: Numbers = np.asarray(some.templates @ some.templates.T, np.float64)
    tables = {Kind.RAW: cosines}
    if partition.cohorts is not None:
        normalised = np.full_like(cosines, -np.inf)
        at = np.flatnonzero(some.found)
        known = partition.cohorts[part].statistics(some[at])
        normalised[np.ix_(at, at)] = as_norm(cosines[np.ix_(at, at)], known, known)
        tables[Kind.AS] = normalised
    return tables


def _fnmr(study: Study, pairs: Pairs | None, rate: float) -> Figure | Json:
    """The threshold stays as measured while people are resampled: pairs of two people are many."""
    if pairs is None:
        return not_measured(NO_COHORT)
    if len(pairs.others) * rate < LEAST_ERRORS:
        return not_measured(f"{len(pairs.others)} pairs of two people of at least {LEAST_ERRORS / rate:.0f}")
    reason = too_few(pairs.subjects)
    if reason:
        return not_measured(reason)
    threshold = threshold_at(pairs.others, rate)
    missed: Flags = pairs.mated < threshold
    return share(missed, pairs.subjects, study.resamples) | {"threshold": told_threshold(threshold)}
