"""All open cases at once score as each of them does in a search."""

from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest

from indexer.cohorts.base import Cohort, Kinship, RawBecause
from indexer.cohorts.known import KnownFaces, brought_up
from indexer.gallery.exact import ExactGallery
from indexer.probes import Probes
from indexer.rankers import NormalisedRanker, RawRanker
from indexer.standing.watched import Watched
from models.cohort import CohortSource
from tests.indexer.crowds import children, cohort_of

DIMENSION, FACES = 64, 100


def cases_of(count: int) -> list[Probes]:
    sizes = np.random.default_rng(3).integers(1, 5, count)
    return [
        Probes(uuid4(), [uuid4() for _ in range(size)], children(size, DIMENSION, 50 + seed))
        for seed, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_the_faces_above_a_threshold_are_those_of_a_search_with_the_same_scores(normalised: bool, own: bool):
    gallery = ExactGallery("drawn", DIMENSION)
    gallery.add(np.arange(10, 10 + FACES), children(FACES, DIMENSION, 1))
    cases = cases_of(30)
    others = children(400, DIMENSION, 2)
    cohort = cohort_of(others, [case.case_id for case in cases] if own else None) if normalised else None
    if cohort is None:
        ranker = RawRanker(RawBecause.COHORT_NOT_READY)
    else:
        ranker = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort))
    rankings = ranker(gallery, cases, FACES)
    thresholds = np.array([ranking[at % 7].score - 1e-6 for at, ranking in enumerate(rankings)])
    found = Watched(cases, cohort).above(thresholds, *gallery.export(), None)
    assert sorted(found) == list(range(len(cases)))
    for place, ranking in enumerate(rankings):
        expected = ranking[: place % 7 + 1]
        assert [face.face_id for face in found[place]] == [face.face_id for face in expected]
        assert [face.reference for face in found[place]] == [face.reference for face in expected]
        assert [face.score for face in found[place]] == pytest.approx([face.score for face in expected], abs=1e-8)
        assert [face.raw for face in found[place]] == pytest.approx([face.raw for face in expected], abs=1e-12)


def test_without_cases_or_faces_nothing_is_found():
    faces = children(3, DIMENSION, 1).astype(np.float16)
    assert Watched([], None).above(np.empty(0), np.arange(3), faces, None) == {}
    assert Watched(cases_of(2), None).above(np.zeros(2), np.empty(0, np.int64), faces[:0], None) == {}


def test_a_face_is_scored_without_the_members_of_a_cohort_that_show_the_same_child():
    gallery, cases = ExactGallery("drawn", DIMENSION), cases_of(5)
    members = children(400, DIMENSION, 2)
    face_ids = np.arange(1, 401)
    gallery.add(face_ids, members)
    groups = face_ids // 4
    cohort = Cohort(1, CohortSource.LINKED_FACES, members, np.full(400, -1), face_ids)
    kinship = Kinship(groups, groups, np.inf)
    known = brought_up(KnownFaces.none(cohort), gallery, cohort, lambda ids: replace(kinship, faces=np.array(ids) // 4))
    rankings = NormalisedRanker(cohort, known)(gallery, cases, 3)
    thresholds = np.array([ranking[2].score - 1e-6 for ranking in rankings])
    ids, stored = gallery.export()
    found = Watched(cases, cohort).above(thresholds, ids, stored, kinship)
    assert [[face.face_id for face in found[place]] for place in range(5)] == [
        [face.face_id for face in ranking] for ranking in rankings
    ]
