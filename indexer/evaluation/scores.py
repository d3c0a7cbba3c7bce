"""Every probe of a dataset against the whole gallery, by raw and by normalised scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from indexer.evaluation.faces import Faces, Numbers, Rows
from indexer.evaluation.parts import Cohort, Partition
from indexer.evaluation.searches import Probe
from indexer.normalising import Statistics, as_norm


class Kind(StrEnum):
    """What a score is."""

    RAW = "raw"  # cosine
    AS = "as"  # normalised on both sides against a cohort of other people


@dataclass(frozen=True)
class Gallery:
    """Everybody's enrolled faces, and behind them the distractors'. ``place`` of each row of the dataset, or -1."""

    faces: Faces
    place: Rows


@dataclass(frozen=True)
class ScoredProbe:
    """``best`` scores over the probe's usable references, shape (gallery,), by kind. ``number`` is the probe's."""

    number: int
    best: dict[Kind, Numbers]


def gallery_of(faces: Faces, distractors: Faces) -> Gallery:
    """The faces the protocols are about, and the distractors. Each search leaves out its person's other pictures."""
    rows = np.flatnonzero(faces.counted & faces.found & faces.enrolled)
    place = np.full(len(faces), -1, np.int64)
    place[rows] = np.arange(len(rows))
    return Gallery(faces[rows].followed_by(distractors), place)


def kinds_of(partition: Partition) -> list[Kind]:
    """Those the data allows."""
    return [Kind.RAW] if partition.cohorts is None else [Kind.RAW, Kind.AS]


def scored_probes(
    faces: Faces, gallery: Gallery, probes: Sequence[Probe], partition: Partition
) -> Iterator[ScoredProbe]:
    """Probes of which no reference has a face are left out."""
    by_part: list[list[int]] = [[] for _ in range(partition.parts)]
    for number, probe in enumerate(probes):
        by_part[partition.part_of[probe.subject]].append(number)
    for part, numbers in enumerate(by_part):
        cohort = None if partition.cohorts is None else partition.cohorts[part]
        of_gallery = None if cohort is None else cohort.statistics(gallery.faces)
        for number in numbers:
            used = [row for row in probes[number].references if faces.found[row]]
            if used:
                yield ScoredProbe(number, _best(faces[np.array(used)], gallery, cohort, of_gallery))


def _best(
    references: Faces, gallery: Gallery, cohort: Cohort | None, of_gallery: Statistics | None
) -> dict[Kind, Numbers]:
    cosines: Numbers = np.asarray(references.templates @ gallery.faces.templates.T, np.float64)
    tables = {Kind.RAW: cosines}
    if cohort is not None and of_gallery is not None:
        tables[Kind.AS] = as_norm(cosines, cohort.statistics(references), of_gallery)
    return {kind: table.max(axis=0) for kind, table in tables.items()}
