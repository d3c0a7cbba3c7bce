"""Case search: of the searches for a child who is in the gallery, how many have the child's face among the first R?"""

import numpy as np

from indexer.evaluation.faces import Flags, Rows
from indexer.evaluation.figures import Figure, Json, difference, not_measured, share
from indexer.evaluation.outcomes import Outcomes
from indexer.evaluation.scores import Kind
from indexer.evaluation.searches import AGE_BANDS, Band
from indexer.evaluation.study import NO_COHORT, Study

RANKS = (1, 5, 10, 20, 50)
_AGES = ((0, 3), (3, 6), (6, 10), (10, 19))


def case_search(study: Study) -> Json:
    """Hits by gap; by what else the dataset tells, hits among the first 20."""
    bands = AGE_BANDS if study.faces.has_ages else (Band.UNKNOWN,)
    return {
        "bands": {band.value: hits(study, study.searches.in_band(band)) for band in bands},
        "all": hits(study, np.arange(len(study.searches))),
        "by": {name: _by(study, groups) for name, groups in _groups(study).items()},
    }


def hits(study: Study, rows: Rows) -> Json:
    """Shares of these searches with the mate in the first 1, 5, ... by each kind of score, and their differences."""
    subjects = study.searches.subjects[rows]
    made: Json = {"searches": len(rows), "people": len(np.unique(subjects))}
    for kind in Kind:
        made[kind.value] = {f"hit_{rank}": _hit(study, kind, rows, rank) for rank in RANKS}
    made["as_minus_raw"] = {f"hit_{rank}": _gain(study, rows, rank) for rank in RANKS}
    return made


def _hit(study: Study, kind: Kind, rows: Rows, rank: int) -> Figure:
    outcomes = study.outcomes.get(kind)
    if outcomes is None:
        return not_measured(NO_COHORT)
    return share(outcomes.ranks[rows] <= rank, study.searches.subjects[rows], study.resamples)


def _gain(study: Study, rows: Rows, rank: int) -> Figure:
    if Kind.AS not in study.outcomes:
        return not_measured(NO_COHORT)
    subjects = study.searches.subjects[rows]
    raw, normalised = (_within(study.outcomes[kind], rows, rank) for kind in (Kind.RAW, Kind.AS))
    gained = normalised.astype(np.float64) - raw
    mean = float(gained.mean()) if len(gained) else 0.0
    return difference(mean, subjects, study.resamples.means(gained, subjects))


def _within(outcomes: Outcomes, rows: Rows, rank: int) -> Flags:
    return outcomes.ranks[rows] <= rank


def _groups(study: Study) -> dict[str, dict[str, Rows]]:
    """Rows of searches by the age at the latest reference, and by the mate's sex and group, where the dataset tells."""
    searches, faces = study.searches, study.faces
    made: dict[str, dict[str, Rows]] = {}
    if faces.has_ages and len(searches):
        latest = np.array([faces.ages[list(probe.references)].max() for probe in searches.probes])[searches.probe_of]
        made["age_at_latest_reference"] = {
            f"{low}-{high}": np.flatnonzero((latest >= low) & (latest < high)) for low, high in _AGES
        }
    for name, labels in (("sex", faces.sexes), ("group", faces.groups)):
        if any(labels):
            of_mates = np.array(labels)[searches.mates]
            made[name] = {each or "not stated": np.flatnonzero(of_mates == each) for each in sorted(set(labels))}
    return made


def _by(study: Study, groups: dict[str, Rows]) -> dict[str, Json]:
    return {name: hits(study, rows) for name, rows in groups.items()}
