"""Resampling people, against doing it one by one."""

import numpy as np
import pytest

from indexer.evaluation.metrics import threshold_at
from indexer.evaluation.resampling import RESAMPLES, Resamples, Scored, interval

SUBJECTS = np.repeat(np.arange(12), 5)


@pytest.fixture
def resamples():
    return Resamples.draw(12, 3)


def drawn(resamples, number, subjects):
    """Which trials one resample holds, each as often as its person was drawn."""
    return np.repeat(np.arange(len(subjects)), resamples.weights[number][subjects].astype(int))


def test_each_resample_holds_as_many_people_and_the_seed_decides_whom(resamples):
    assert resamples.weights.shape == (RESAMPLES, 12)
    assert (resamples.weights.sum(axis=1) == 12).all()
    assert (resamples.weights == Resamples.draw(12, 3).weights).all()
    assert (resamples.weights != Resamples.draw(12, 4).weights).any()


def test_a_mean_is_that_of_the_trials_of_those_who_were_drawn(resamples):
    values = np.random.default_rng(1).random(60)
    means = resamples.means(values, SUBJECTS)
    for number in range(5):
        assert means[number] == pytest.approx(values[drawn(resamples, number, SUBJECTS)].mean())


def test_misses_are_counted_at_the_threshold_of_the_same_resample(resamples):
    random = np.random.default_rng(2)
    mated, others = Scored(random.normal(1, 1, 60), SUBJECTS), Scored(random.normal(0, 1, 60), SUBJECTS[::-1])
    misses = resamples.misses_at(0.1, mated, others)
    for number in range(5):
        threshold = threshold_at(others.scores[drawn(resamples, number, others.subjects)], 0.1)
        expected = (mated.scores[drawn(resamples, number, SUBJECTS)] < threshold).mean()
        assert misses[number] == pytest.approx(expected)


def test_people_spread_an_interval_that_their_pictures_would_not():
    subjects = np.repeat(np.arange(20), 50)
    flags = subjects < 10  # each person always or never
    low, high = interval(Resamples.draw(20, 0).means(flags, subjects))
    assert high - low > 0.35  # of 20 people; of 1,000 pictures it would be 0.06


def test_a_resample_without_a_search_is_left_out_of_the_interval():
    assert interval(np.array([0.2, np.nan, 0.2])) == (0.2, 0.2)
