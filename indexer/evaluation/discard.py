"""Error versus discard: would searches of better pictures find more? The worst by quality are left out bit by bit."""

import numpy as np

from indexer.evaluation.faces import Flags, Numbers
from indexer.evaluation.figures import Json, told, too_few
from indexer.evaluation.scores import Kind
from indexer.evaluation.study import Study

SHARES = tuple(step / 20 for step in range(13))
RANK = 20


def error_by_discard(study: Study) -> Json:
    """The share of searches without the mate in the first 20, of those that are left.

    A search is as good as the weaker of its mate and its best reference; mates without a face have quality 0.
    """
    reason = too_few(study.searches.subjects)
    if reason:
        return {"not_measured": reason}
    about: Json = {"discarded": list(SHARES), "rank": RANK}
    return about | {kind.value: missed_by_discard(study, kind) for kind in study.outcomes}


def missed_by_discard(study: Study, kind: Kind) -> list[float]:
    """One for each of `SHARES`; of the few searches that may be left as of many."""
    order = np.argsort(-search_qualities(study), kind="stable")
    missed = (study.outcomes[kind].ranks > RANK)[order]
    return [_of_the_best(missed, discarded) for discarded in SHARES]


def search_qualities(study: Study) -> Numbers:
    """Of each search, 0 to 1 (`indexer.quality_figure`)."""
    qualities, searches = study.faces.qualities, study.searches
    best = np.array([qualities[list(probe.references)].max() for probe in searches.probes])
    weaker: Numbers = np.minimum(best[searches.probe_of], qualities[searches.mates])
    return weaker


def _of_the_best(missed: Flags, discarded: float) -> float:
    kept = max(1, len(missed) - round(len(missed) * discarded))
    return told(float(missed[:kept].mean()))
