"""Fitting a calibration: logistic regression on one half of the people, tested on the other half.

Both kinds of trials weigh the same in the fit, so that its log odds are log-likelihood ratios (N. Brümmer and J. du
Preez, 2006). How far they may go is decided by the data, not by the line: see `supported`.
"""

from dataclasses import dataclass, replace

import numpy as np

from indexer.calibration import TERMS, Calibration, product
from indexer.errors import NothingFitted
from indexer.evaluation.faces import Numbers
from indexer.evaluation.figures import Json, told, too_few
from indexer.evaluation.metrics import cllr, minimum_cllr
from indexer.evaluation.parts import HALVES, deal
from indexer.evaluation.scores import Kind
from indexer.evaluation.study import Study
from indexer.evaluation.trials import Trials, trials_within

_FREE = 300.0  # base 10: bounds that bound nothing a float64 can hold
_RIDGE = 1.0  # scikit-learn's C; on thousands of trials it only keeps perfectly separated ones finite


@dataclass(frozen=True)
class Fitted:
    """``tested``: of the other half, the costs in bits and how many trials they are over."""

    calibration: Calibration
    tested: Json


def fit(study: Study, pack_id: str, description: Json, made_at: str) -> Fitted:
    """Of normalised scores where there are any, else of raw ones. `NothingFitted`."""
    kind = Kind.AS if Kind.AS in study.outcomes else Kind.RAW
    half_of = deal(study.faces, HALVES, study.seed)
    own, other = (trials_within(study, kind, half_of, half) for half in range(HALVES))
    for trials in (own, other):
        reason = too_few(trials.subjects[trials.mated]) or too_few(trials.subjects[~trials.mated])
        if reason:
            raise NothingFitted(reason=f"a half of the people makes {reason}")
    about = description | {"fitted_on": _counts(own), "tested_on": _counts(other)}
    free = Calibration(pack_id, kind.value, *_line(own), -_FREE, _FREE, about, made_at)
    lowest, highest = supported(_ratios(free, own), own)
    made = replace(free, lowest=lowest, highest=highest)
    tested = _tested(made, other)
    return Fitted(replace(made, description=about | {"test": tested}), tested)


def supported(ratios: Numbers, trials: Trials) -> tuple[float, float]:
    """The lowest and highest log-likelihood ratio (base 10) that these trials support: empirical bounds (ELUB).

    P. Vergeer et al., "Numerical likelihood ratios outputted by LR systems are often based on extrapolation: when to
    stop extrapolating?", Science & Justice 56 (2016). With one more misleading trial on each side, deciding by the
    ratio must still cost less than deciding without it, at every threshold from 1 to the bound.
    """
    mated, others = np.sort(ratios[trials.mated]), np.sort(ratios[~trials.mated])
    steps = np.arange(0, max(np.abs(ratios).max(), 0.01) + 0.01, 0.01)
    missed = (np.searchsorted(mated, steps, side="right") + 1) / (len(mated) + 1)
    passed = (len(others) - np.searchsorted(others, steps, side="right") + 1) / (len(others) + 1)
    highest = _until(missed + 10**steps * passed < 1, steps)
    missed = (np.searchsorted(mated, -steps, side="left") + 1) / (len(mated) + 1)
    passed = (len(others) - np.searchsorted(others, -steps, side="left") + 1) / (len(others) + 1)
    return -_until(10**steps * missed + passed < 1, steps), highest


def _until(holds: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], steps: Numbers) -> float:
    """The last step before the first that does not hold; 0 where none does."""
    count = len(steps) if holds.all() else int(holds.argmin())
    return told(steps[count - 1]) if count else 0.0


def _line(trials: Trials) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Coefficients (base 10) and ranges."""
    names = [name for name, inputs in TERMS.items() if set(inputs) <= trials.columns.keys()]
    coefficients = _regressed(trials, names)
    if not _rises(coefficients, trials):
        coefficients = _regressed(trials, [name for name in names if name != "score_x_gap_years"])
    if not _rises(coefficients, trials):
        raise NothingFitted(reason="a higher score does not speak for one child in this data")
    ranges = {name: (float(values.min()), float(values.max())) for name, values in trials.columns.items()}
    return coefficients, ranges


def _regressed(trials: Trials, names: list[str]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    columns = {name: product(trials.columns, name) for name in names}
    columns = {name: values for name, values in columns.items() if np.ptp(values) > 0}  # what never varies says nothing
    table = np.column_stack(list(columns.values()))
    means, deviations = table.mean(axis=0), table.std(axis=0)
    model = LogisticRegression(C=_RIDGE, class_weight="balanced", max_iter=1000)
    model.fit((table - means) / deviations, trials.mated)
    slopes = model.coef_[0] / deviations / np.log(10)
    intercept = model.intercept_[0] / np.log(10) - float(slopes @ means)
    return {"intercept": float(intercept)} | dict(zip(columns, slopes.tolist(), strict=True))


def _rises(coefficients: dict[str, float], trials: Trials) -> bool:
    """Whether the ratio rises with the score at every gap in the data."""
    gaps = trials.columns.get("gap_years", np.zeros(1))
    slopes = [
        coefficients.get("score", 0.0) + coefficients.get("score_x_gap_years", 0.0) * edge
        for edge in (gaps.min(), gaps.max())
    ]
    return bool(min(slopes) > 0)


def _tested(calibration: Calibration, trials: Trials) -> Json:
    ratios = _ratios(calibration, trials)
    cost, least = (measure(ratios[trials.mated], ratios[~trials.mated]) for measure in (cllr, minimum_cllr))
    return {"cllr": told(cost), "minimum_cllr": told(least), "above_minimum": told(cost - least)} | _counts(trials)


def _ratios(calibration: Calibration, trials: Trials) -> Numbers:
    return calibration.llrs(trials.columns["score"], trials.columns)


def _counts(trials: Trials) -> Json:
    mated = int(trials.mated.sum())
    return {"people": len(np.unique(trials.subjects)), "pairs_of_one_child": mated, "pairs_of_two": len(trials) - mated}
