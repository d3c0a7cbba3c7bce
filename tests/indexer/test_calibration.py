"""Applying a calibration, keeping it, and refusing what is none."""

import json

import numpy as np
import pytest

from indexer.calibration import Calibration
from indexer.errors import CalibrationWrong

PLAIN = {
    "pack_id": "ab" * 32,
    "kind": "as",
    "coefficients": {"intercept": -2.0, "score": 0.5, "gap_years": -0.1, "score_x_gap_years": 0.05},
    "ranges": {"score": (-5.0, 20.0), "gap_years": (1.0, 10.0)},
    "lowest": -2.0,
    "highest": 3.0,
    "description": {"dataset": "drawn"},
    "made_at": "2026-11-23T12:00:00+00:00",
}


def made(**changes):
    return Calibration(**PLAIN | changes)


def test_a_ratio_is_the_weighted_sum_of_score_and_covariates():
    assert made().llr(4.0, {"gap_years": 2.0}) == pytest.approx(-2 + 2 - 0.2 + 0.4)
    scores, gaps = np.array([4.0, 6.0]), np.array([2.0, 4.0])
    assert made().llrs(scores, {"gap_years": gaps}).tolist() == pytest.approx([0.2, -2 + 3 - 0.4 + 1.2])


def test_it_is_bounded_to_what_the_data_supports():
    assert made().llr(20.0, {"gap_years": 9.0}) == 3.0
    assert made().llr(-5.0, {"gap_years": 9.0}) == -2.0


def test_beyond_the_data_of_the_fit_its_edge_counts():
    assert made().llr(4.0, {"gap_years": 30.0}) == made().llr(4.0, {"gap_years": 10.0})
    wide = made(lowest=-99.0, highest=99.0)
    assert wide.llr(1000.0, {"gap_years": 2.0}) == wide.llr(20.0, {"gap_years": 2.0})


@pytest.mark.parametrize("covariates", [{}, {"gap_years": None}, {"gap_years": float("nan")}])
def test_without_a_covariate_it_needs_it_says_nothing(covariates):
    assert made().needs == ("gap_years",)
    assert made().llr(4.0, covariates) is None


def test_what_is_kept_is_what_was_made():
    assert Calibration.from_json(made().to_json()) == made()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "cosine"}, "kind of score is cosine"),
        ({"lowest": 1.0}, "bounds do not hold 0"),
        ({"highest": float("inf")}, "not finite"),
        ({"coefficients": {"intercept": 0.0, "age": 1.0}}, "without a meaning"),
        ({"coefficients": {"score": 1.0}}, "without a meaning"),
        ({"ranges": {"score": (0.0, 1.0)}}, "without the range"),
    ],
)
def test_a_wrong_calibration_is_refused(changes, reason):
    with pytest.raises(CalibrationWrong, match=reason):
        made(**changes)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"coefficients": {"intercept": "much"}},
        {"ranges": {"score": [1]}},
        {"made_at": "yesterday"},
        {"more": 1},
        {"pack_id": None},
    ],
)
def test_text_that_is_no_calibration_is_refused(change):
    content = json.loads(made().to_json()) | change
    with pytest.raises(CalibrationWrong):
        Calibration.from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}'])
def test_text_of_another_kind_is_refused(text):
    with pytest.raises(CalibrationWrong):
        Calibration.from_json(text)
