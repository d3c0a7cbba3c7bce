"""Case search, alerts, verification and discards: what a report states of a study, and when it states nothing."""

from dataclasses import replace

import numpy as np
import pytest

from indexer.evaluation.alert import absent, alert
from indexer.evaluation.case_search import case_search
from indexer.evaluation.discard import SHARES, error_by_discard, search_qualities
from indexer.evaluation.figures import difference, not_measured, share, too_few
from indexer.evaluation.mirrors import mirrors
from indexer.evaluation.resampling import Resamples
from indexer.evaluation.scores import Kind
from indexer.evaluation.searches import Band
from indexer.evaluation.study import Study
from indexer.evaluation.verification import pairs_of, verification
from tests.indexer.evaluation.drawn_people import people, strangers


@pytest.fixture(scope="module")
def study():
    """80 people of whom half are not easy to find, in a gallery with 300 strangers."""
    return Study.of(people(80, 9, noise=2.2), strangers(300), 1)


@pytest.fixture(scope="module")
def small():
    """Enough people and searches for figures, too few faces for a cohort."""
    return Study.of(people(12, 6, noise=2.2), strangers(50), 1)


def test_fewer_than_30_searches_or_10_people_measure_nothing():
    assert too_few(np.repeat(np.arange(10), 3)) is None
    assert too_few(np.arange(29)) == "29 of at least 30 searches or pairs"
    assert too_few(np.repeat(np.arange(9), 9)) == "9 of at least 10 people"


def test_a_share_states_its_count_and_both_intervals():
    subjects = np.repeat(np.arange(10), 10)
    flags = np.arange(100) % 4 == 0
    figure = share(flags, subjects, Resamples.draw(10, 0))
    assert (figure["value"], figure["count"], figure["people"]) == (0.25, 100, 10)
    assert figure["wilson"] == [0.1755, 0.3430]
    assert 0.2 <= figure["by_identity"][0] < 0.25 < figure["by_identity"][1] <= 0.3


def test_a_share_of_nothing_is_not_measured():
    nothing = np.empty(0, np.int64)
    assert share(nothing == 1, nothing, Resamples.draw(10, 0)) == not_measured("0 of at least 30 searches or pairs")
    assert difference(0.0, nothing, np.empty(0))["value"] is None


def test_hits_are_the_searches_with_the_mate_so_far_up(study):
    bands = case_search(study)["bands"]
    assert list(bands) == ["1-3", "3-6", "6-10", "10-17"]
    for name, band in bands.items():
        rows = study.searches.in_band(Band(name))
        assert band["searches"] == len(rows)
        for kind in Kind:
            ranks = study.outcomes[kind].ranks[rows]
            assert band[kind.value]["hit_20"]["value"] == pytest.approx((ranks <= 20).mean(), abs=5e-5)
            assert band[kind.value]["hit_1"]["value"] == pytest.approx((ranks == 1).mean(), abs=5e-5)
        gain = band["as"]["hit_20"]["value"] - band["raw"]["hit_20"]["value"]
        assert band["as_minus_raw"]["hit_20"]["value"] == pytest.approx(gain, abs=2e-4)
        low, high = band["as_minus_raw"]["hit_20"]["by_identity"]
        assert low <= gain <= high
    assert bands["1-3"]["raw"]["hit_20"]["value"] > bands["10-17"]["raw"]["hit_20"]["value"]


def test_the_gain_is_resampled_pair_by_pair(study):
    """Both scores see the same people in each resample: the interval is narrower than that of either."""
    figures = case_search(study)["all"]
    widths = [np.ptp(figures[kind]["hit_20"]["by_identity"]) for kind in ("raw", "as_minus_raw")]
    assert widths[1] < widths[0]


def test_what_the_dataset_tells_of_people_parts_the_figures():
    faces = people(40, 6)
    faces = replace(faces, sexes=tuple("fm"[person % 2] for person in faces.subjects))
    by = case_search(Study.of(faces, strangers(20), 1))["by"]
    assert {name: group["people"] for name, group in by["sex"].items()} == {"f": 20, "m": 20}
    ages = by["age_at_latest_reference"]
    assert list(ages) == ["0-3", "3-6", "6-10", "10-19"]
    assert ages["0-3"]["searches"] > 0


def test_without_a_cohort_normalised_scores_are_not_measured_and_the_report_says_why(small):
    everything = case_search(small)["all"]
    assert everything["raw"]["hit_20"]["value"] is not None
    assert "300 faces" in everything["as"]["hit_20"]["not_measured"]
    assert "300 faces" in everything["as_minus_raw"]["hit_20"]["not_measured"]
    assert "300 faces" in alert(small)["fnir_at_fpir_0.1"]["all"]["as"]["not_measured"]
    assert "300 faces" in verification(small)["as"]["fnmr_at_fmr_0.01"]["not_measured"]
    assert "300 faces" in mirrors(small)["references"]["as"]["not_measured"]


def test_alerts_miss_what_lies_below_the_threshold_that_so_many_of_the_absent_pass(study):
    made = alert(study)
    for kind in Kind:
        figure = made["fnir_at_fpir_0.1"]["all"][kind.value]
        tops = absent(study, kind).scores
        assert (tops >= figure["threshold"]).mean() == pytest.approx(figure["fpir"], abs=2e-3)
        assert figure["fpir"] <= 0.1 < (tops >= figure["threshold"] - 0.05).mean() + 0.05
        missed = (study.outcomes[kind].scores < figure["threshold"]).mean()
        assert figure["value"] == pytest.approx(missed, abs=2e-3)
    assert made["searches_without_mate"] == len(study.searches.probes)


def test_a_rate_that_three_searches_cannot_show_is_not_measured(study):
    assert len(study.searches.probes) == 640
    made = alert(study)
    assert made["fnir_at_fpir_0.003"]["all"]["raw"] == not_measured("640 searches without a mate of at least 1000")
    assert made["fnir_at_fpir_0.003"]["bands"]["1-3"]["as_minus_raw"]["value"] is None
    assert made["fnir_at_fpir_0.1"]["all"]["raw"]["value"] is not None


def test_pairs_are_all_those_within_a_half(study):
    faces, parts = study.faces, study.partition
    pairs = pairs_of(faces, parts, 1)
    halves = parts.part_of[faces.subjects]
    assert len(pairs[Kind.RAW].mated) == 80 * 36
    per_half = [np.bincount(faces.subjects[halves == half], minlength=80) for half in (0, 1)]
    two = sum((sizes.sum() ** 2 - (sizes**2).sum()) // 2 for sizes in per_half)
    assert len(pairs[Kind.RAW].others) == two
    cosines = faces.templates @ faces.templates.T
    same = faces.subjects[:, None] == faces.subjects
    expected = np.sort(cosines[np.triu(same, 1)])
    assert np.sort(pairs[Kind.RAW].mated) == pytest.approx(expected, abs=1e-6)


def test_a_picture_without_a_face_fails_every_pair_of_its_person_and_no_other():
    faces = people(12, 4)
    lost = replace(faces, found=np.arange(48) != 5, enrolled=np.arange(48) != 5)
    study = Study.of(lost, strangers(5), 1)
    raw = pairs_of(study.faces, study.partition, 1)[Kind.RAW]
    assert np.isneginf(raw.mated).sum() == 3
    assert np.isfinite(raw.others).all()


def test_a_rate_that_thirty_pairs_cannot_show_is_not_measured(study):
    raw = verification(study)["raw"]
    assert raw["fnmr_at_fmr_0.001"]["value"] is not None
    assert raw["fnmr_at_fmr_0.0001"]["not_measured"].endswith("pairs of two people of at least 300000")


def test_leaving_out_the_worst_pictures_counts_the_misses_among_the_rest(study):
    order = np.argsort(-search_qualities(study), kind="stable")
    missed = study.outcomes[Kind.RAW].ranks[order] > 20
    made = error_by_discard(study)
    kept = len(missed) - round(len(missed) * 0.5)
    assert made["raw"][SHARES.index(0.5)] == pytest.approx(missed[:kept].mean(), abs=5e-5)
    assert made["raw"][0] == pytest.approx(missed.mean(), abs=5e-5)


def test_a_search_is_as_good_as_its_weaker_side(study):
    qualities, number = study.faces.qualities, 7
    probe = study.searches.probes[study.searches.probe_of[number]]
    best = max(qualities[row] for row in probe.references)
    assert search_qualities(study)[number] == min(best, qualities[study.searches.mates[number]])


def test_mirrored_references_that_undo_noise_find_more():
    faces = people(80, 9, noise=3.0)
    again = people(80, 9, noise=0.0)
    made = mirrors(Study.of(replace(faces, mirrored=again.templates), strangers(300), 1))
    assert made["references"]["raw"]["value"] > 0.02
    assert made["references_and_faces"]["raw"]["value"] > made["references"]["raw"]["value"]


def test_the_same_seed_makes_the_same_figures():
    one, two = (Study.of(people(40, 9), strangers(50), 3) for _ in range(2))
    assert alert(one) == alert(two)
    assert case_search(one) == case_search(two)


def test_false_alarms_of_two_people_who_look_alike_set_no_threshold(study):
    """Ten searches for two people, all wrong about one pair of pictures, are one accident."""
    tops = study.outcomes[Kind.RAW].tops.copy()
    alike = np.isin([probe.subject for probe in study.searches.probes], [3, 4])
    tops[alike] = 0.99
    outcomes = {Kind.RAW: replace(study.outcomes[Kind.RAW], tops=tops)}
    figure = alert(replace(study, outcomes=outcomes))["fnir_at_fpir_0.01"]["all"]["raw"]
    assert figure == not_measured("the false alarms at that rate are of 0 people, of at least 2")
