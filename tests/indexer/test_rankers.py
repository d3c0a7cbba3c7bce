"""Rankers: the first faces are those that scoring every face would give, whatever was fetched."""

from uuid import uuid4

import numpy as np
import pytest

from indexer.cohorts.base import FOLDS, Cohort, RawBecause
from indexer.cohorts.known import KnownFaces, brought_up
from indexer.gallery.base import Gallery, Templates
from indexer.gallery.exact import ExactGallery
from indexer.gallery.faiss_gallery import FaissGallery
from indexer.normalising import as_norm
from indexer.probes import Probes
from indexer.rankers import NormalisedRanker, RawRanker
from indexer.scoring import ScoredFace, cosines
from tests.indexer.crowds import case_in, children, cohort_of
from tests.indexer.gallery.synthetic import around, strangers

RAW = RawRanker(RawBecause.FEWER_THAN_300_FACES)


def filled(gallery: Gallery, templates: Templates) -> Gallery:
    gallery.add(np.arange(1, len(templates) + 1), templates)
    return gallery


def probes_of(templates: Templates, case_id=None) -> Probes:
    return Probes(case_id or uuid4(), [uuid4() for _ in templates], templates)


def slowly(gallery: Gallery, case: Probes, cohort: Cohort) -> list[int]:
    """Every face normalised by the definition, best first."""
    face_ids, stored = gallery.export()
    faces = stored.astype(np.float32)
    variant = cohort.variant(case.case_id)
    others = Cohort(0, cohort.source, cohort.templates[~cohort.left_out(variant)], np.full(1, -1))
    by_probe, by_face = others.statistics(case.templates)[0], others.statistics(faces)[0]
    best = as_norm(case.templates.astype(np.float64) @ faces.T.astype(np.float64), by_probe, by_face).max(axis=0)
    return face_ids[np.lexsort((face_ids, -best.round(9)))].tolist()


def ids(ranking: list[ScoredFace]) -> list[int]:
    return [face.face_id for face in ranking]


@pytest.mark.parametrize("dimension", [128, 512])
@pytest.mark.slow
def test_of_60000_faces_the_first_twenty_are_true_for_200_probes(dimension: int):
    faces = children(60_000, dimension, 2)
    gallery = filled(FaissGallery("p", dimension), faces)
    cases = [uuid4() for _ in range(70)]
    cohort = cohort_of(children(350, dimension, 5), cases)
    ranker = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort))
    seen = faces[np.random.default_rng(4).choice(len(faces), 190, replace=False)]
    searched = [probes_of(template[None]) for template in around(seen, 0.5, 7)]
    searched += [probes_of(cohort.templates[row::70], cases[row]) for row in range(10)]  # in the cohort themselves
    found = ranker(gallery, searched, 20)
    truth = exact_lists(gallery, searched, cohort)
    assert [ids(ranking) for ranking in found] == truth
    raw = RAW(gallery, searched, 20)
    assert sum(ids(one) != ids(other) for one, other in zip(raw, found, strict=True)) > 100


def exact_lists(gallery: Gallery, searched: list[Probes], cohort: Cohort) -> list[list[int]]:
    """`slowly` for many cases, with each variant's statistics of the faces computed once."""
    face_ids, stored = gallery.export()
    by_face = cohort.statistics(stored.astype(np.float32))
    columns = stored.astype(np.float64).T
    lists = []
    for case in searched:
        variant = cohort.variant(case.case_id)
        raw = case.templates.astype(np.float64) @ columns
        best = as_norm(raw, cohort.statistics(case.templates)[variant], by_face[variant]).max(axis=0)
        near = np.argpartition(-best, 30)[:30]
        lists.append(face_ids[near[np.lexsort((face_ids[near], -best[near].round(9)))]][:20].tolist())
    return lists


@pytest.fixture(scope="module")
def crowd() -> tuple[Gallery, Cohort, list[Probes]]:
    """In which normalising changes who is first."""
    gallery = filled(FaissGallery("p", 128), children(5_000, 128, 2))
    return gallery, cohort_of(children(330, 128, 5)), [probes_of(children(2, 128, 50 + seed)) for seed in range(10)]


@pytest.mark.parametrize("fetched", [20, 40, 200])
def test_nothing_is_lost_however_little_is_fetched(crowd: tuple[Gallery, Cohort, list[Probes]], fetched: int):
    gallery, cohort, cases = crowd
    ranker = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort), fetched)
    for case in cases:
        assert ids(ranker(gallery, [case], 20)[0]) == slowly(gallery, case, cohort)[:20]


def test_what_is_fetched_alone_would_lose_faces(crowd: tuple[Gallery, Cohort, list[Probes]]):
    """The bound is needed: so the test above could fail."""
    gallery, cohort, cases = crowd
    fetched = [{hit.face_id for row in gallery.search(case.templates, 40) for hit in row} for case in cases]
    true = [set(slowly(gallery, case, cohort)[:20]) for case in cases]
    assert any(not best <= found for best, found in zip(true, fetched, strict=True))


def test_a_childs_own_references_never_speak_for_other_children():
    looks = children(1, 32, 1)
    others = children(345, 32, 5)
    own = around(np.repeat(looks, 5, axis=0), 0.9, 3)
    case_id = case_in(0)
    folds = np.r_[np.zeros(5, np.int64), np.arange(345) % (FOLDS - 1) + 1]
    cohort = Cohort(1, cohort_of(others).source, np.concatenate([own, others]), folds)
    gallery = filled(ExactGallery("p", 32), np.concatenate([around(looks, 0.8, 8), children(500, 32, 20)]))
    with_own = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort))
    without = cohort_of(others)
    ranker = NormalisedRanker(without, brought_up(KnownFaces.none(without), gallery, without))
    case = probes_of(own, case_id)
    [mine], [theirs] = with_own(gallery, [case], 20), ranker(gallery, [case], 20)
    assert ids(mine) == ids(theirs)
    assert [face.score for face in mine] == pytest.approx([face.score for face in theirs])
    assert mine[0].face_id == 1


def test_each_face_carries_its_raw_score_and_best_reference():
    gallery = filled(ExactGallery("p", 32), children(300, 32, 2))
    cohort = cohort_of(children(330, 32, 5))
    case = probes_of(children(4, 32, 9))
    [ranking] = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort))(gallery, [case], 10)
    _, stored = gallery.export()
    raw = cosines(case.templates, stored.astype(np.float32))
    assert [face.raw for face in ranking] == pytest.approx([raw[face.reference, face.face_id - 1] for face in ranking])
    assert all(face.score != face.raw for face in ranking)


def test_a_small_gallery_is_listed_whole_and_an_empty_one_not_at_all():
    cohort = cohort_of(children(330, 32, 5))
    for size in (0, 3):
        gallery = filled(ExactGallery("p", 32), children(size, 32, 2))
        ranker = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort))
        assert [len(ranking) for ranking in ranker(gallery, [probes_of(strangers(2, 32, 3))], 20)] == [size]
        assert [len(ranking) for ranking in RAW(gallery, [probes_of(strangers(2, 32, 3))], 20)] == [size]
        assert ranker(gallery, [], 20) == RAW(gallery, [], 20) == []


def test_a_face_that_left_the_gallery_meanwhile_is_not_listed():
    gallery = filled(ExactGallery("p", 32), children(50, 32, 2))
    cohort = cohort_of(children(330, 32, 5))
    ranker = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort))
    gallery.remove(np.array([7]))
    gallery.add(np.array([99]), children(1, 32, 4))  # came a moment ago: listed as soon as it is measured
    case = probes_of(children(1, 32, 3))
    assert set(ids(ranker(gallery, [case], 100)[0])) == set(range(1, 51)) - {7}
    assert len(ids(RAW(gallery, [case], 100)[0])) == 50


def test_many_cases_at_once_are_ranked_as_each_alone():
    gallery = filled(FaissGallery("p", 32), children(1_500, 32, 2))
    cohort = cohort_of(children(330, 32, 5))
    ranker = NormalisedRanker(cohort, brought_up(KnownFaces.none(cohort), gallery, cohort))
    cases = [probes_of(children(1 + seed % 3, 32, 60 + seed)) for seed in range(6)]
    for each in (ranker, RAW):
        assert each(gallery, cases, 15) == [each(gallery, [case], 15)[0] for case in cases]
