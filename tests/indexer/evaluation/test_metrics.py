"""Figures against numbers worked by hand, brute force and scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from indexer.evaluation.metrics import cllr, hits_by_rank, minimum_cllr, threshold_at, trade_off, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(5, 10, 0.2366, 0.7634), (0, 30, 0.0, 0.1135), (30, 30, 0.8865, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_an_interval_is_wilsons(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)  # Newcombe 1998 has the last one


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 5)])
def test_what_is_no_share_has_no_interval(successes, trials):
    with pytest.raises(ValueError, match="no share"):
        wilson(successes, trials)


def test_a_threshold_lets_no_more_through_than_asked():
    scores = np.arange(100) / 100
    assert (scores >= threshold_at(scores, 0.1)).sum() == 10
    assert (scores >= threshold_at(scores, 0.0)).sum() == 0
    assert threshold_at(scores, 1.0) == -math.inf


def test_equal_scores_are_let_through_together_or_not_at_all():
    scores = np.array([0.9, 0.8, 0.8, 0.8, 0.1])
    assert (scores >= threshold_at(scores, 0.4)).sum() == 1
    assert (scores >= threshold_at(scores, 0.8)).sum() == 4


def test_a_weighted_threshold_is_that_of_scores_said_so_often():
    random = np.random.default_rng(3)
    scores, weights = random.integers(0, 20, 60) / 10, random.integers(0, 4, 60).astype(float)
    for rate in (0.01, 0.1, 0.5):
        assert threshold_at(scores, rate, weights) == threshold_at(np.repeat(scores, weights.astype(int)), rate)


def test_without_a_score_there_is_no_threshold():
    with pytest.raises(ValueError, match="no score"):
        threshold_at(np.empty(0), 0.1)


def test_a_trade_off_curve_is_what_counting_gives():
    random = np.random.default_rng(5)
    mated, others = random.normal(1, 1, 80), random.normal(0, 1, 300)
    false_alarms, missed = trade_off(mated, others, points=20)
    for alarm, miss in zip(false_alarms, missed, strict=True):
        threshold = np.sort(others)[::-1][round(alarm * 300) - 1]
        assert (miss, alarm) == ((mated < threshold).mean(), (others >= threshold).mean())
    assert (np.diff(missed) <= 0).all()
    assert false_alarms[[0, -1]].tolist() == [1 / 300, 1.0]


def test_hits_by_rank_count_the_mates_within_it():
    assert hits_by_rank(np.array([1, 2, 2, 5]), 4).tolist() == [0.25, 0.75, 0.75, 0.75]


def test_saying_nothing_costs_one_bit_and_saying_it_right_costs_little():
    assert cllr(np.zeros(3), np.zeros(9)) == pytest.approx(1.0)
    assert cllr(np.array([math.log10(3)]), np.array([-math.log10(3)])) == pytest.approx(math.log2(4 / 3))
    assert cllr(np.array([-2.0]), np.array([2.0])) == pytest.approx(math.log2(101))


def test_the_minimum_cost_is_that_of_isotonic_regression():
    random = np.random.default_rng(7)
    mated, others = random.normal(0.8, 1, 150).round(1), random.normal(-0.5, 1, 700).round(1)
    values, truth = np.concatenate([mated, others]), np.arange(850) < 150
    shares = IsotonicRegression(y_min=0, y_max=1).fit(values, truth).predict(values)
    with np.errstate(divide="ignore"):
        ratios = np.log10(shares) - np.log10(1 - shares) - math.log10(150 / 700)
    expected = cllr(ratios[truth], ratios[~truth])
    assert minimum_cllr(mated, others) == pytest.approx(expected, abs=1e-9)


def test_the_minimum_cost_of_what_tells_all_apart_is_nothing():
    assert minimum_cllr(np.array([1.0, 2.0]), np.array([-1.0, 0.5])) == 0
    assert minimum_cllr(np.array([0.0, 0.0]), np.array([0.0])) == pytest.approx(1)
