"""What normalising costs a search, and what is fetched for it: 60,000 drawn children who look alike by age."""

from uuid import uuid4

import numpy as np

from benchmarks.timing import milliseconds
from indexer.cohorts.base import Cohort, RawBecause
from indexer.cohorts.known import KnownFaces, brought_up
from indexer.gallery.base import Gallery, Templates
from indexer.gallery.faiss_gallery import FaissGallery
from indexer.probes import Probes
from indexer.rankers import NormalisedRanker, Ranker, RawRanker
from models.cohort import CohortSource

FACES, CHILDREN, SEARCHES, REFERENCES, AGES = 60_000, 350, 20, 3, 12


def measure() -> None:
    for dimension in (128, 512):
        gallery = FaissGallery("bench", dimension)
        gallery.add(np.arange(1, FACES + 1), children(FACES, dimension, 1))
        cohort = Cohort(1, CohortSource.REFERENCES, children(CHILDREN, dimension, 2), np.arange(CHILDREN) % 5)
        _searches(dimension, gallery, cohort)


def _searches(dimension: int, gallery: Gallery, cohort: Cohort) -> None:
    cases = [_case(children(REFERENCES, dimension, 10 + each)) for each in range(SEARCHES)]
    known = brought_up(KnownFaces.none(cohort), gallery, cohort)
    measured_ms = milliseconds(lambda: brought_up(KnownFaces.none(cohort), gallery, cohort), runs=3)
    print(f"{FACES} x {dimension}: all faces measured with {CHILDREN} others in {measured_ms:.0f} ms")
    raw_ms = _each(RawRanker(RawBecause.COHORT_NOT_READY), gallery, cases)
    for fetched in (100, 400, 1_000, 4_000):
        ms = _each(NormalisedRanker(cohort, known, fetched), gallery, cases)
        print(f"  {REFERENCES} references: raw {raw_ms:.1f} ms, normalised with {fetched} fetched {ms:.1f} ms")


def _each(ranker: Ranker, gallery: Gallery, cases: list[Probes]) -> float:
    return milliseconds(lambda: [ranker(gallery, [case], 20) for case in cases], runs=3) / len(cases)


def _case(templates: Templates) -> Probes:
    return Probes(uuid4(), [uuid4() for _ in templates], templates)


def children(count: int, dimension: int, seed: int) -> Templates:
    """Each is drawn towards what its age has in common, more or less."""
    common = _unit(np.random.default_rng(9).standard_normal((AGES, dimension), np.float32))
    random = np.random.default_rng(seed)
    towards = random.uniform(0.2, 0.6, (count, 1)) * common[random.integers(0, AGES, count)]
    return _unit(towards + _unit(random.standard_normal((count, dimension), np.float32)))


def _unit(vectors: np.ndarray) -> Templates:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
