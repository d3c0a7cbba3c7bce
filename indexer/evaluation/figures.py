"""Figures as a report states them: a value with what it was counted over and its intervals, or why it was not measured.

The rule: at least `LEAST_TRIALS` searches (or pairs) of at least `LEAST_PEOPLE` people, and for a figure at a rate of
false alarms at least `LEAST_ALARMS` (searches) or `LEAST_ERRORS` (pairs) false alarms at that rate.
"""

import math
from typing import TypedDict

import numpy as np

from indexer.evaluation.faces import Flags, Numbers, Rows
from indexer.evaluation.metrics import wilson
from indexer.evaluation.resampling import Resamples, interval

LEAST_TRIALS = 30
LEAST_PEOPLE = 10
LEAST_ALARMS = 3
"""Without one error in n trials the rate may still be 3 / n (the rule of three): less than that cannot be told."""
LEAST_ALARMED = 2
"""People whose searches these are: those of one person share references and err about the same face, and so are one
accident. A report says how many people they are of: of few, the interval by identity is what to read.
"""
LEAST_ERRORS = 30
"""For pairs, which share people: the rule of 30 (G. Doddington et al., Speech Communication 31, 2000)."""
RULE = (
    f"A figure is measured with at least {LEAST_TRIALS} searches or pairs of at least {LEAST_PEOPLE} people, and at a "
    f"rate of false alarms only where at least {LEAST_ALARMS} searches for {LEAST_ALARMED} people, or "
    f"{LEAST_ERRORS} pairs, are false alarms."
)
_DIGITS = 4

Json = dict[str, object]


class Figure(TypedDict, total=False):
    """``count``: searches or pairs it was counted over; ``wilson`` and ``by_identity``: 95 % intervals."""

    value: float | None
    count: int
    people: int
    wilson: list[float]
    by_identity: list[float]
    not_measured: str


def not_measured(reason: str) -> Figure:
    return {"value": None, "not_measured": reason}


def too_few(subjects: Rows) -> str | None:
    """Why a figure over trials of these people is not measured."""
    people = len(np.unique(subjects))
    if len(subjects) < LEAST_TRIALS:
        return f"{len(subjects)} of at least {LEAST_TRIALS} searches or pairs"
    return f"{people} of at least {LEAST_PEOPLE} people" if people < LEAST_PEOPLE else None


def share(flags: Flags, subjects: Rows, resamples: Resamples) -> Figure:
    """The share of ``flags`` that hold, each of a trial with one of ``subjects``."""
    return share_with(flags, subjects, resamples.means(flags, subjects))


def share_with(flags: Flags, subjects: Rows, resampled: Numbers) -> Figure:
    """The same with the share of each resample known."""
    reason = too_few(subjects)
    if reason:
        return not_measured(reason)
    held = int(flags.sum())
    return {
        "value": told(held / len(flags)),
        "count": len(flags),
        "people": len(np.unique(subjects)),
        "wilson": [told(edge) for edge in wilson(held, len(flags))],
        "by_identity": [told(edge) for edge in interval(resampled)],
    }


def difference(value: float, subjects: Rows, resampled: Numbers) -> Figure:
    """How much one share is above another over the same trials."""
    reason = too_few(subjects)
    if reason:
        return not_measured(reason)
    return {
        "value": told(value),
        "count": len(subjects),
        "people": len(np.unique(subjects)),
        "by_identity": [told(edge) for edge in interval(resampled)],
    }


def told_threshold(value: float) -> float:
    """To six digits, rounded up: at the threshold as told no more is let through than was counted."""
    return value if math.isinf(value) else math.ceil(value * 1e6) / 1e6


def told(value: float) -> float:
    """To four digits behind the point, which is more than any data here carries."""
    return round(float(value), _DIGITS) + 0.0
