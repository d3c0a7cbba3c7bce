"""A calibration fitted on one half says on the other what is true there."""

from dataclasses import replace

import numpy as np
import pytest

from indexer.errors import NothingFitted
from indexer.evaluation.fit import fit, supported
from indexer.evaluation.parts import deal
from indexer.evaluation.scores import Kind
from indexer.evaluation.study import Study
from indexer.evaluation.trials import Trials, trials_within
from tests.indexer.evaluation.drawn_people import people, strangers

MADE_AT = "2026-11-23T12:00:00+00:00"


@pytest.fixture(scope="module")
def hard():
    return Study.of(people(80, 9, noise=2.5), strangers(100), 1)


def test_it_costs_little_more_than_the_least_possible_on_people_it_was_not_fitted_on(hard):
    fitted = fit(hard, "pack", {"dataset": "drawn"}, MADE_AT)
    assert fitted.calibration.kind == "as"
    assert fitted.tested["cllr"] < 0.7  # 1 is saying nothing
    assert fitted.tested["minimum_cllr"] > 0.1  # it is no easy data, where any line would do
    assert fitted.tested["above_minimum"] <= 0.05
    assert fitted.calibration.description["dataset"] == "drawn"
    assert fitted.calibration.description["test"] == fitted.tested


def test_the_halves_share_nobody(hard):
    half_of = deal(hard.faces, 2, 1)
    trials = [trials_within(hard, Kind.RAW, half_of, half) for half in (0, 1)]
    assert [set(half_of[each.subjects]) for each in trials] == [{0}, {1}]


def test_trials_are_of_faces_older_than_the_latest_reference(hard):
    trials = trials_within(hard, Kind.RAW, deal(hard.faces, 2, 1), 0)
    assert trials.columns["gap_years"].min() > 0
    assert (trials.columns["youngest_age"] + trials.columns["gap_years"] < 19).all()
    assert set(trials.columns["references"]) <= {1, 2, 3, 4, 5}
    assert trials.mated.sum() > 300


def test_without_ages_no_age_is_asked_for_later():
    fitted = fit(Study.of(people(80, 9, noise=2.8, with_ages=False), strangers(100), 1), "pack", {}, MADE_AT)
    assert "gap_years" not in fitted.calibration.needs
    assert fitted.calibration.llr(5.0, {"quality": 0.5, "references": 3}) is not None
    assert fitted.tested["above_minimum"] <= 0.05


def test_too_few_people_fit_nothing():
    with pytest.raises(NothingFitted, match="9 of at least 10 people"):
        fit(Study.of(people(18, 9), strangers(20), 1), "pack", {}, MADE_AT)


def test_scores_that_speak_against_the_child_fit_nothing():
    faces = people(80, 9)
    grown = faces.templates * np.where(faces.ages > 8, -1, 1)[:, None].astype(np.float32)
    study = Study.of(replace(faces, templates=grown)[np.isin(faces.ages, [2, 16])], strangers(20), 1)
    with pytest.raises(NothingFitted, match="does not speak for one child"):
        fit(study, "pack", {}, MADE_AT)


def test_no_ratio_goes_further_than_the_data_supports():
    """All told apart: with n pairs on each side one more misleading one bounds the ratio near n."""
    ratios, mated = np.concatenate([np.full(100, 50.0), np.full(400, -50.0)]), np.arange(500) < 100
    lowest, highest = supported(ratios, Trials({}, mated, np.arange(500)))
    assert 10**highest == pytest.approx(401 * (1 - 1 / 101), rel=0.03)
    assert 10**-lowest == pytest.approx(101 * (1 - 1 / 401), rel=0.03)


def test_data_that_tells_nothing_supports_nothing():
    random = np.random.default_rng(0)
    lowest, highest = supported(random.normal(0, 1, 400), Trials({}, np.arange(400) < 200, np.arange(400)))
    assert highest < 0.15
    assert lowest > -0.15
