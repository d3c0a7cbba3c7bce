"""Normalised scores, worked out again the slow way."""

import numpy as np
import pytest

from indexer.normalising import LEAST_DEVIATION, TOP, Statistics, as_norm, highest_possible, joined, statistics
from tests.indexer.gallery.synthetic import strangers


def test_a_face_is_described_by_its_fifty_nearest_of_the_cohort():
    faces, cohort = strangers(5, 32, 1), strangers(120, 32, 2)
    found = statistics(faces, cohort)
    for row, face in enumerate(faces.astype(np.float64)):
        nearest = sorted((float(face @ other) for other in cohort.astype(np.float64)), reverse=True)[:TOP]
        assert found.means[row] == pytest.approx(sum(nearest) / TOP)
        assert found.deviations[row] == pytest.approx(np.std(nearest))


def test_members_left_out_count_for_nothing():
    faces, cohort = strangers(4, 32, 1), strangers(120, 32, 2)
    own = np.arange(120) % 4 == 0
    expected = statistics(faces, cohort[~own])
    assert statistics(faces, cohort, own).means == pytest.approx(expected.means)
    each = np.stack([np.arange(120) == row for row in range(4)])
    one_by_one = [statistics(faces[row : row + 1], np.delete(cohort, row, axis=0)).means[0] for row in range(4)]
    assert statistics(faces, cohort, each).means == pytest.approx(np.array(one_by_one))


def test_statistics_of_many_faces_are_those_of_each():
    faces, cohort = strangers(4100, 8, 1), strangers(60, 8, 2)
    whole = statistics(faces, cohort)
    assert len(whole) == 4100
    assert whole[np.array([4099])].means == pytest.approx(statistics(faces[4099:], cohort).means)


def test_too_small_a_cohort_is_no_cohort():
    with pytest.raises(ValueError, match="49 is too small"):
        statistics(strangers(1, 8, 1), strangers(49, 8, 2))
    with pytest.raises(ValueError, match="fewer than 50"):
        statistics(strangers(1, 8, 1), strangers(60, 8, 2), np.arange(60) < 11)


def test_a_cohort_of_copies_divides_by_the_floor():
    found = statistics(strangers(1, 8, 1), np.repeat(strangers(1, 8, 2), 60, axis=0))
    assert found.deviations == pytest.approx([LEAST_DEVIATION])


def test_a_normalised_score_is_the_mean_of_both_sides():
    probes = Statistics(np.array([0.2, 0.4]), np.array([0.1, 0.2]))
    faces = Statistics(np.array([0.1, 0.3, 0.5]), np.array([0.05, 0.1, 0.2]))
    scores = np.array([[0.5, 0.5, 0.5], [0.6, 0.2, 0.4]])
    by_hand = [
        [((0.5 - 0.2) / 0.1 + (0.5 - m) / d) / 2 for m, d in ((0.1, 0.05), (0.3, 0.1), (0.5, 0.2))],
        [((s - 0.4) / 0.2 + (s - m) / d) / 2 for s, m, d in ((0.6, 0.1, 0.05), (0.2, 0.3, 0.1), (0.4, 0.5, 0.2))],
    ]
    assert as_norm(scores, probes, faces) == pytest.approx(np.array(by_hand))


def test_a_face_that_is_like_every_child_falls_behind_one_that_is_like_this_child():
    """The reason for it all: of two faces that score alike, the one which scores so with everybody says less."""
    probe = Statistics(np.array([0.3]), np.array([0.05]))
    faces = Statistics(np.array([0.5, 0.2]), np.array([0.05, 0.05]))
    crowd, own = as_norm(np.array([[0.55, 0.5]]), probe, faces)[0]
    assert own > crowd


@pytest.mark.parametrize("seed", range(5))
def test_no_face_scores_above_its_bound(seed: int):
    random = np.random.default_rng(seed)
    probes = Statistics(random.uniform(0, 0.5, 4), random.uniform(0.01, 0.1, 4))
    faces = Statistics(random.uniform(0, 0.5, 300), random.uniform(0.01, 0.1, 300))
    ceilings = random.uniform(0.3, 0.6, 4)
    scores = np.minimum(random.uniform(-1, 1, (4, 300)), ceilings[:, None])
    scores[:, ::7] = ceilings[:, None]
    best = as_norm(scores, probes, faces).max(axis=0)
    assert (best <= highest_possible(ceilings, probes, faces) + 1e-12).all()


def test_no_parts_joined_are_statistics_of_no_face():
    assert len(joined([])) == 0
