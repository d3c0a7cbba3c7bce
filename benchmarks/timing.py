"""Medians of several runs: these machines are noisy, and a single time says little."""

from collections.abc import Callable
from statistics import median
from time import perf_counter


def milliseconds(work: Callable[[], object], runs: int = 7) -> float:
    """The median time of ``work`` in milliseconds, after one run that is not counted."""
    work()
    return median(_once(work) for _ in range(runs)) * 1000


def _once(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
