"""Pairs of a probe and a face, as a calibration sees them: the score, what is known of both sides, one child or two."""

from dataclasses import dataclass

import numpy as np

from indexer.calibration import COVARIATES
from indexer.evaluation.faces import STRANGER, Flags, Numbers, Rows
from indexer.evaluation.scores import Kind, ScoredProbe, scored_probes
from indexer.evaluation.study import Study

OTHERS_PER_PROBE = 50
"""Faces of other people drawn for each probe: more say little more, as they share the probe."""
_AGES = ("gap_years", "youngest_age")


@dataclass(frozen=True)
class Trials:
    """n pairs. ``columns`` holds `score` and covariates by name; ``mated``: one child; ``subjects``: the probe's."""

    columns: dict[str, Numbers]
    mated: Flags
    subjects: Rows

    def __len__(self) -> int:
        return len(self.mated)


def trials_within(study: Study, kind: Kind, half_of: Rows, half: int) -> Trials:
    """Probes and faces of the people of one half alone, so that nobody of the other half is in it.

    Where ages are known, only faces of children older than at the latest reference: others are no candidates.
    Of the distractors, whose ages are not known, half go to each half where no ages count.
    """
    parts = [
        _trials_of(study, probe, kind, half_of, half)
        for probe in scored_probes(study.faces, study.gallery, study.searches.probes, study.partition)
        if half_of[study.searches.probes[probe.number].subject] == half
    ]
    names = ["score", *(name for name in COVARIATES if study.faces.has_ages or name not in _AGES)]
    return Trials(
        {name: np.concatenate([np.empty(0), *(part.columns[name] for part in parts)]) for name in names},
        np.concatenate([np.empty(0, np.bool_), *(part.mated for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.subjects for part in parts)]),
    )


def _trials_of(study: Study, probe: ScoredProbe, kind: Kind, half_of: Rows, half: int) -> Trials:
    subject = study.searches.probes[probe.number].subject
    references = [row for row in study.searches.probes[probe.number].references if study.faces.found[row]]
    mates = study.gallery.place[study.searches.mates[study.searches.probe_of == probe.number]]
    mates = np.unique(mates[mates >= 0])
    rows = np.concatenate([mates, _others(study, probe.number, references, half_of, half)])
    latest = float(study.faces.ages[references].max())
    gallery = study.gallery.faces
    columns = {
        "score": probe.best[kind][rows],
        "gap_years": gallery.ages[rows] - latest,
        "youngest_age": np.full(len(rows), latest),
        "quality": np.minimum(gallery.qualities[rows], study.faces.qualities[references].max()),
        "references": np.full(len(rows), float(len(references))),
    }
    return Trials(columns, np.arange(len(rows)) < len(mates), np.full(len(rows), subject))


def _others(study: Study, number: int, references: list[int], half_of: Rows, half: int) -> Rows:
    """Rows of the gallery, drawn by the seed."""
    gallery = study.gallery.faces
    known = gallery.subjects != STRANGER
    in_half = np.where(known, half_of[gallery.subjects], np.arange(len(gallery)) % 2) == half
    if study.faces.has_ages:
        with np.errstate(invalid="ignore"):
            in_half &= gallery.ages > study.faces.ages[references].max()
    rows = np.flatnonzero(in_half & (gallery.subjects != study.searches.probes[number].subject))
    if len(rows) > OTHERS_PER_PROBE:
        rows = np.sort(np.random.default_rng([study.seed, 6, number]).choice(rows, OTHERS_PER_PROBE, replace=False))
    return rows
