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
    by_subject = _grouped(probes)
    for part in range(partition.parts):
        cohort = None if partition.cohorts is None else partition.cohorts[part]
        of_gallery = None if cohort is None else cohort.statistics(gallery.faces)
        for subject in np.flatnonzero(partition.part_of == part).tolist():
            numbers = by_subject.get(subject, [])
            rows = {row for number in numbers for row in probes[number].references if faces.found[row]}
            if rows:
                yield from _scored(faces, gallery, probes, numbers, sorted(rows), cohort, of_gallery)


def _scored(
    faces: Faces,
    gallery: Gallery,
    probes: Sequence[Probe],
    numbers: Sequence[int],
    rows: list[int],
    cohort: Cohort | None,
    of_gallery: Statistics | None,
) -> Iterator[ScoredProbe]:
    """The probes ``numbers`` of one person: their references, ``rows``, are compared once, whatever probes share."""
    references = faces[np.array(rows)]
    cosines: Numbers = np.asarray(references.templates @ gallery.faces.templates.T, np.float64)
    tables = {Kind.RAW: cosines}
    if cohort is not None and of_gallery is not None:
        tables[Kind.AS] = as_norm(cosines, cohort.statistics(references), of_gallery)
    at = {row: place for place, row in enumerate(rows)}
    for number in numbers:
        used = [at[row] for row in probes[number].references if row in at]
        if used:
            yield ScoredProbe(number, {kind: table[used].max(axis=0) for kind, table in tables.items()})


def _grouped(probes: Sequence[Probe]) -> dict[int, list[int]]:
    """The numbers of each person's probes."""
    grouped: dict[int, list[int]] = {}
    for number, probe in enumerate(probes):
        grouped.setdefault(probe.subject, []).append(number)
    return grouped
