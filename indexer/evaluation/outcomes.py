"""What the searches of a dataset come to, by one kind of score."""

from dataclasses import dataclass

import numpy as np

from indexer.evaluation.faces import Faces, Numbers, Rows
from indexer.evaluation.parts import Partition
from indexer.evaluation.scores import Gallery, Kind, kinds_of, scored_probes
from indexer.evaluation.searches import Searches

MISSED = int(np.iinfo(np.int64).max)
"""The rank of a mate that no search could find: without a face, not enrolled, or without a usable reference."""


@dataclass(frozen=True)
class Outcomes:
    """Of each search the ``scores`` of its mate (-inf where missed) and its ``ranks`` from 1, shape (searches,).

    Of each probe ``tops``, shape (probes,): the best score of everybody else in the gallery; nan where no reference
    could be used. A face that scores as high as the mate stands before it.
    """

    scores: Numbers
    ranks: Rows
    tops: Numbers


def run_searches(faces: Faces, gallery: Gallery, searches: Searches, partition: Partition) -> dict[Kind, Outcomes]:
    """Every search, by each kind of score that the data allows."""
    made = {kind: _nothing_found(searches) for kind in kinds_of(partition)}
    order = np.argsort(searches.probe_of, kind="stable")
    starts = np.searchsorted(searches.probe_of[order], np.arange(len(searches.probes) + 1))
    for probe in scored_probes(faces, gallery, searches.probes, partition):
        others = gallery.faces.subjects != searches.probes[probe.number].subject
        these = order[starts[probe.number] : starts[probe.number + 1]]
        these = these[gallery.place[searches.mates[these]] >= 0]
        for kind, best in probe.best.items():
            mates, rest = best[gallery.place[searches.mates[these]]], best[others]
            made[kind].tops[probe.number] = rest.max(initial=-np.inf)
            made[kind].scores[these] = mates
            made[kind].ranks[these] = [1 + int((rest >= score).sum()) for score in mates]
    return made


def _nothing_found(searches: Searches) -> Outcomes:
    count = len(searches)
    return Outcomes(np.full(count, -np.inf), np.full(count, MISSED), np.full(len(searches.probes), np.nan))
