"""Alerts: open-set identification. At a threshold that so many searches for children who are *not* in the gallery
would pass (FPIR), how many searches for children who are in it pass it with nothing (FNIR)?

Searches for absent children are those of the same references with the mate taken out: one for each set of references.
"""

import numpy as np

from indexer.evaluation.faces import Numbers, Rows
from indexer.evaluation.figures import (
    LEAST_ALARMED,
    LEAST_ALARMS,
    Figure,
    Json,
    difference,
    not_measured,
    share_with,
    told,
    told_threshold,
    too_few,
)
from indexer.evaluation.metrics import threshold_at, wilson
from indexer.evaluation.resampling import Scored
from indexer.evaluation.scores import Kind
from indexer.evaluation.searches import AGE_BANDS, Band
from indexer.evaluation.study import NO_COHORT, Study

RATES = (0.003, 0.01, 0.1)
MAIN_RATE = 0.01


def alert(study: Study) -> Json:
    """FNIR at each FPIR, over all searches and by gap."""
    bands = AGE_BANDS if study.faces.has_ages else (Band.UNKNOWN,)
    made: Json = {
        "searches_with_mate": len(study.searches),
        "searches_without_mate": len(absent(study, Kind.RAW).scores),
    }
    for rate in RATES:
        made[name_of(rate)] = {
            "all": _row(study, rate, np.arange(len(study.searches))),
            "bands": {band.value: _row(study, rate, study.searches.in_band(band)) for band in bands},
        }
    return made


def name_of(rate: float) -> str:
    """As in `fnir_at_fpir_0.01`."""
    return f"fnir_at_fpir_{rate:g}"


def absent(study: Study, kind: Kind) -> Scored:
    """The best score of each search for somebody who is not in the gallery, and who it was for."""
    tops = study.outcomes[kind].tops
    usable = ~np.isnan(tops)
    subjects = np.array([probe.subject for probe in study.searches.probes], np.int64)
    return Scored(tops[usable], subjects[usable])


def present(study: Study, kind: Kind, rows: Rows) -> Scored:
    """The mate's score in each of these searches, and who it was for."""
    return Scored(study.outcomes[kind].scores[rows], study.searches.subjects[rows])


def why_not(study: Study, kind: Kind, rate: float, rows: Rows) -> str | None:
    """Why FNIR at this FPIR is not measured over these searches."""
    if kind not in study.outcomes:
        return NO_COHORT
    others = absent(study, kind)
    if len(others.scores) * rate < LEAST_ALARMS:
        return f"{len(others.scores)} searches without a mate of at least {LEAST_ALARMS / rate:.0f}"
    alarmed = len(np.unique(others.subjects[others.scores >= threshold_at(others.scores, rate)]))
    if alarmed < LEAST_ALARMED:
        return f"the false alarms at that rate are of {alarmed} people, of at least {LEAST_ALARMED}"
    return too_few(others.subjects) or too_few(study.searches.subjects[rows])


def _row(study: Study, rate: float, rows: Rows) -> Json:
    made: Json = {}
    resampled: dict[Kind, Numbers] = {}
    values: dict[Kind, float] = {}
    for kind in Kind:
        reason = why_not(study, kind, rate, rows)
        if reason:
            made[kind.value] = not_measured(reason)
            continue
        mated, others = present(study, kind, rows), absent(study, kind)
        threshold = threshold_at(others.scores, rate)
        missed = mated.scores < threshold
        resampled[kind], values[kind] = study.resamples.misses_at(rate, mated, others), float(missed.mean())
        made[kind.value] = share_with(missed, mated.subjects, resampled[kind]) | _at(others, threshold)
    made["as_minus_raw"] = _gain(study, rows, values, resampled, made)
    return made


def _at(others: Scored, threshold: float) -> Json:
    """The threshold, and what it let through."""
    through = others[others.scores >= threshold].subjects
    count = len(others.scores)
    return {
        "threshold": told_threshold(threshold),
        "fpir": told(len(through) / count),
        "fpir_wilson": [told(edge) for edge in wilson(len(through), count)],
        "false_alarms_of_people": len(np.unique(through)),
    }


def _gain(
    study: Study, rows: Rows, values: dict[Kind, float], resampled: dict[Kind, Numbers], made: Json
) -> Figure | object:
    for kind in Kind:
        if kind not in values:
            return made[kind.value]
    change = resampled[Kind.AS] - resampled[Kind.RAW]
    return difference(values[Kind.AS] - values[Kind.RAW], study.searches.subjects[rows], change)
