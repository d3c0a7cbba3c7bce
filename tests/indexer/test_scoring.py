"""One score per face, and how it is told."""

import numpy as np
import pytest

from indexer.gallery.base import Hit
from indexer.scoring import ScoredFace, best_over_references, cosines, score_table, two_digits, two_significant
from tests.indexer.gallery.synthetic import strangers


def test_a_score_is_the_cosine_of_two_templates():
    references = np.array([[1, 0], [0, 1]], np.float32)
    faces = np.array([[0.6, 0.8], [-1, 0], [0, 1]], np.float32)
    assert cosines(references, faces) == pytest.approx(np.array([[0.6, -1, 0], [0.8, 0, 1]]))


def test_equal_templates_score_equally_wherever_they_stand():
    face = strangers(1, 512, 3)
    scores = cosines(strangers(3, 512, 1), np.concatenate([face, strangers(5, 512, 2), face]))
    assert (scores[:, 0] == scores[:, -1]).all()


def test_a_table_holds_each_face_once_and_nothing_for_what_was_not_fetched():
    face_ids, scores = score_table([[Hit(0.9, 7), Hit(0.5, 3)], [Hit(0.8, 3), Hit(0.1, 9)]])
    assert face_ids.tolist() == [3, 7, 9]
    assert scores.tolist() == [[0.5, 0.9, -np.inf], [0.8, -np.inf, 0.1]]


def test_the_best_reference_of_each_face_counts_and_is_named():
    face_ids, scores = np.array([3, 7, 9]), np.array([[0.5, 0.9, -np.inf], [0.8, -np.inf, 0.1]])
    assert best_over_references(face_ids, scores) == [
        ScoredFace(7, 0.9, 0, 0.9),
        ScoredFace(3, 0.8, 1, 0.8),
        ScoredFace(9, 0.1, 1, 0.1),
    ]


def test_of_equal_scores_the_lower_face_and_the_first_reference_come_first():
    face_ids, scores = np.array([2, 5, 8]), np.array([[0.4, 0.7, 0.7], [0.4, 0.7, 0.2]])
    assert best_over_references(face_ids, scores) == [
        ScoredFace(5, 0.7, 0, 0.7),
        ScoredFace(8, 0.7, 0, 0.7),
        ScoredFace(2, 0.4, 0, 0.4),
    ]


def test_the_raw_score_beside_is_that_of_the_reference_which_ranked_the_face():
    normalised, raw = np.array([[3.0, 1.0], [2.0, 4.0]]), np.array([[0.2, 0.9], [0.8, 0.3]])
    assert best_over_references(np.array([1, 2]), normalised, raw) == [
        ScoredFace(2, 4.0, 1, 0.3),
        ScoredFace(1, 3.0, 0, 0.2),
    ]


def test_without_faces_or_references_there_is_nothing_to_score():
    assert best_over_references(*score_table([[], []])) == []
    assert best_over_references(*score_table([])) == []


def test_the_best_of_the_case_are_exact_though_each_reference_fetches_only_its_own_best():
    references, faces = strangers(5, 16, 1), strangers(400, 16, 2)
    scores = cosines(references, faces)
    whole = best_over_references(np.arange(400), scores)
    fetched = [[Hit(float(row[at]), int(at)) for at in np.argsort(-row)[:20]] for row in scores]
    assert best_over_references(*score_table(fetched))[:20] == whole[:20]


@pytest.mark.parametrize(("score", "told"), [(0.987654, 0.99), (0.5, 0.5), (-0.004, 0.0), (-1.0, -1.0)])
def test_people_are_told_two_digits(score: float, told: float):
    assert str(two_digits(score)) == str(told)


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, 0), (7, 7), (99, 99), (100, 100), (104, 100), (105, 110), (8_053, 8_100), (9_960, 10_000), (60_205, 60_000)],
)
def test_a_gallery_is_told_to_two_digits(count: int, told: int):
    assert two_significant(count) == told
