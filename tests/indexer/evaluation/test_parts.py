"""Halves that share nobody, and what they make cohorts of."""

from dataclasses import replace

import numpy as np

from indexer.evaluation.parts import MOST_COHORT, deal, partition
from tests.indexer.evaluation.drawn_people import columns, people


def test_people_are_dealt_into_halves_of_about_as_many_faces():
    faces = people(75, 9)
    faces = faces[np.random.default_rng(0).permutation(len(faces))[:500]]
    dealt = deal(faces, 2, 5)
    sizes = np.bincount(dealt[faces.subjects])
    assert abs(sizes[0] - sizes[1]) <= 9
    assert dealt.tolist() == deal(faces, 2, 5).tolist()
    assert dealt.tolist() != deal(faces, 2, 6).tolist()


def test_a_cohort_is_the_children_of_the_other_half():
    faces = people(80, 9)
    faces = replace(faces, ages=np.where(np.arange(len(faces)) % 9 == 8, 30.0, faces.ages))
    made = partition(faces, 1)
    assert made.parts == 2
    for part, cohort in enumerate(made.cohorts):
        assert (made.part_of[cohort.faces.subjects] != part).all()
        assert cohort.faces.ages.max() < 19
        assert len(cohort) == 320


def test_pictures_of_the_same_person_in_the_cohort_do_not_count():
    faces = people(80, 9)
    cohort = partition(faces, 1).cohorts[0]
    own = cohort.faces[cohort.faces.subjects == cohort.faces.subjects[0]]
    strangers = replace(own, subjects=np.full(len(own), 79_000))
    assert (cohort.statistics(own).means < cohort.statistics(strangers).means).all()


def test_where_halves_are_too_small_for_a_cohort_fifths_may_do():
    made = partition(people(45, 9), 1)
    assert made.parts == 5
    assert all(len(cohort) == 36 * 9 for cohort in made.cohorts)


def test_where_fifths_are_too_small_there_is_no_cohort():
    made = partition(people(40, 9), 1)
    assert (made.parts, made.cohorts) == (2, None)


def test_one_person_is_no_cohort_however_many_the_pictures():
    templates = np.random.default_rng(0).normal(size=(800, 8))
    assert partition(columns(templates, [0] * 400 + [1] * 400), 1).cohorts is None


def test_of_a_large_half_a_part_is_drawn():
    made = partition(people(100, 50, dimension=8), 1)
    assert [len(cohort) for cohort in made.cohorts] == [MOST_COHORT] * 2
