"""The figures of ISO/IEC 19795-1 and their intervals, on plain arrays."""

import math

import numpy as np

from indexer.evaluation.faces import Flags, Numbers, Rows

_Z = 1.959963984540054  # of a standard normal, 95 % lie within


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share; sound for small counts and for shares of 0 and 1. ValueError without trials.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if trials < 1 or not 0 <= successes <= trials:
        msg = f"{successes} of {trials} is no share"
        raise ValueError(msg)
    share, z2 = successes / trials, _Z * _Z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return low, high


def threshold_at(scores: Numbers, rate: float, weights: Numbers | None = None) -> float:
    """The lowest threshold at which at most a share ``rate`` of ``scores`` is at or above it.

    ``weights``: how often each score counts. ValueError without scores.
    """
    if len(scores) == 0:
        msg = "there is no score to set a threshold by"
        raise ValueError(msg)
    order = np.argsort(-scores, kind="stable")
    each = np.ones(len(scores)) if weights is None else weights[order]
    # Of equal scores all are above or none: so look at the count behind the last of them.
    descending = scores[order]
    counts = np.cumsum(each)[np.searchsorted(-descending, -descending, side="right") - 1]
    beyond = np.flatnonzero(counts > rate * counts[-1] + 1e-9)
    return -math.inf if len(beyond) == 0 else float(np.nextafter(descending[beyond[0]], math.inf))


def below(scores: Numbers, threshold: float) -> Flags:
    """Which would not be reported."""
    return scores < threshold


def trade_off(mated: Numbers, others: Numbers, points: int = 200) -> tuple[Numbers, Numbers]:
    """A DET curve: shares of ``others`` at or above, and of ``mated`` below, thresholds at which the first changes.

    The rates of ``others`` are spaced evenly on a logarithmic scale, from one of them to all.
    """
    count = len(others)
    wanted = np.unique(np.round(np.geomspace(1, count, points)).astype(np.int64))
    thresholds = -np.sort(-others)[wanted - 1]
    false_alarms = np.array([(others >= each).mean() for each in thresholds])
    return false_alarms, np.array([(mated < each).mean() for each in thresholds])


def hits_by_rank(ranks: Rows, most: int) -> Numbers:
    """The share of mates within the first 1, 2, ... ``most``."""
    return np.array([(ranks <= rank).mean() for rank in range(1, most + 1)])


def cllr(mated: Numbers, others: Numbers) -> float:
    """The cost of log-likelihood ratios (base 10), in bits: 0 is perfect, 1 what saying nothing costs.

    N. Brümmer and J. du Preez, "Application-independent evaluation of speaker detection", 2006.
    """
    of_mated = np.logaddexp(0, -mated * math.log(10)).mean()
    of_others = np.logaddexp(0, others * math.log(10)).mean()
    return float((of_mated + of_others) / (2 * math.log(2)))


def minimum_cllr(mated: Numbers, others: Numbers) -> float:
    """What `cllr` would be if each log-likelihood ratio were replaced by the best that keeps their order.

    Pool adjacent violators gives the shares of mated ones; taking off the prior makes them likelihood ratios.
    """
    values, counts, hits = _pooled(np.concatenate([mated, others]), len(mated))
    with np.errstate(divide="ignore"):
        prior = math.log10(len(mated) / len(others))
        best = np.log10(hits) - np.log10(counts - hits) - prior
    return _weighted_cllr(best, hits, counts - hits) if len(values) else math.nan


def _weighted_cllr(ratios: Numbers, mated: Numbers, others: Numbers) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        of_mated = np.where(mated > 0, mated * np.logaddexp(0, -ratios * math.log(10)), 0).sum() / mated.sum()
        of_others = np.where(others > 0, others * np.logaddexp(0, ratios * math.log(10)), 0).sum() / others.sum()
    return float((of_mated + of_others) / (2 * math.log(2)))


def _pooled(values: Numbers, mated: int) -> tuple[Numbers, Numbers, Numbers]:
    """Blocks of pool adjacent violators in rising order: their lowest values, sizes and numbers of mated ones."""
    levels, at = np.unique(values, return_inverse=True)
    sizes = np.bincount(at).astype(np.float64)
    hits = np.bincount(at[:mated], minlength=len(levels)).astype(np.float64)
    blocks: list[list[float]] = []
    for level, size, hit in zip(levels.tolist(), sizes.tolist(), hits.tolist(), strict=True):
        blocks.append([level, size, hit])
        while len(blocks) > 1 and blocks[-2][2] * blocks[-1][1] >= blocks[-1][2] * blocks[-2][1]:
            _, more, more_hits = blocks.pop()
            blocks[-1][1] += more
            blocks[-1][2] += more_hits
    table = np.array(blocks).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]
