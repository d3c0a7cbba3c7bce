"""Which searches are made, by hand."""

import numpy as np

from indexer.evaluation.searches import AGE_BANDS, Band, searches_of
from tests.indexer.evaluation.drawn_people import columns, people

Y1_3, Y3_6, Y6_10, Y10_17 = AGE_BANDS


def listed(faces, seed=0):
    """(references' ages, mate's age, band) of each search."""
    searches = searches_of(faces, seed)
    return [
        (faces.ages[list(searches.probes[probe].references)].tolist(), float(faces.ages[mate]), band)
        for probe, mate, band in zip(searches.probe_of, searches.mates, searches.bands, strict=True)
    ]


def of_ages(*ages, subjects=None):
    return columns(np.eye(len(ages), 16), subjects or [0] * len(ages), ages)


def test_references_are_as_many_years_before_the_mate_as_the_gap_begins_and_the_latest_decides_the_gap():
    assert listed(of_ages(2, 4, 5, 9)) == [
        ([5, 4, 2], 9, Y3_6),
        ([2], 9, Y6_10),  # the pictures of 4 and 5 are not six years before
        ([4, 2], 5, Y1_3),
        ([2], 5, Y3_6),
        ([2], 4, Y1_3),
    ]


def test_gaps_are_half_open():
    assert [band for _, _, band in listed(of_ages(0, 1))] == [Y1_3]
    assert [band for _, _, band in listed(of_ages(0, 3))] == [Y3_6]
    assert [band for _, _, band in listed(of_ages(1, 18))] == []
    assert [band for _, _, band in listed(of_ages(1, 17.99))] == [Y10_17]
    assert listed(of_ages(4, 4.5)) == []


def test_five_references_at_most_and_the_latest():
    assert listed(of_ages(1, 2, 3, 4, 5, 6, 7))[0] == ([6, 5, 4, 3, 2], 7, Y1_3)


def test_nobody_searches_for_a_grown_up_or_for_a_face_without_age():
    assert listed(of_ages(10, 19, np.nan)) == []
    assert listed(of_ages(10, 18.9)) == [([10], 18.9, Y6_10)]


def test_references_are_of_the_same_person():
    assert listed(of_ages(2, 4, subjects=[0, 1])) == []


def test_searches_with_the_same_references_share_a_probe():
    searches = searches_of(of_ages(2, 4, 4.5), 0)
    assert [probe.references for probe in searches.probes] == [(0,)]
    assert searches.probe_of.tolist() == [0, 0]
    assert searches.subjects.tolist() == [0, 0]


def test_without_ages_every_face_is_searched_for_with_others_of_the_person_drawn_by_the_seed():
    faces = people(4, 8, with_ages=False)
    searches, again, other = (searches_of(faces, seed) for seed in (1, 1, 2))
    assert searches.mates.tolist() == list(range(32))
    assert set(searches.bands) == {Band.UNKNOWN}
    for probe, mate in zip(searches.probe_of, searches.mates, strict=True):
        references = searches.probes[probe].references
        assert len(references) == 5
        assert mate not in references
        assert set(faces.subjects[list(references)]) == {faces.subjects[mate]}
    assert searches.probes == again.probes
    assert searches.probes != other.probes


def test_somebody_with_one_picture_is_not_searched_for():
    assert len(searches_of(columns(np.eye(3), [0, 0, 1]), 0)) == 2
