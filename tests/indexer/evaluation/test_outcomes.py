"""Ranks and scores against the slow way to count them."""

from dataclasses import replace

import numpy as np
import pytest

from indexer.evaluation.outcomes import MISSED, run_searches
from indexer.evaluation.parts import partition
from indexer.evaluation.scores import Kind, gallery_of
from indexer.evaluation.searches import searches_of
from indexer.normalising import as_norm
from tests.indexer.evaluation.drawn_people import columns, people, strangers


def run(faces, distractors, seed=0):
    searches, parts = searches_of(faces, seed), partition(faces, seed)
    return searches, parts, run_searches(faces, gallery_of(faces, distractors), searches, parts)


def slowly(faces, distractors, searches, number, score):
    """The mate's score, its rank and the best of the others, with ``score(reference row, row or distractor)``."""
    probe = searches.probes[searches.probe_of[number]]
    references = [row for row in probe.references if faces.found[row]]
    mate = searches.mates[number]
    rows = [row for row in range(len(faces)) if faces.ages[row] < 19 and faces.enrolled[row]]
    others = [("face", row) for row in rows if faces.subjects[row] != probe.subject]
    others += [("distractor", row) for row in range(len(distractors))]
    best = [max(score(reference, other) for reference in references) for other in others]
    own = max(score(reference, ("face", mate)) for reference in references)
    return own, 1 + sum(each >= own for each in best), max(best)


def test_raw_scores_and_ranks_are_what_counting_gives():
    faces, distractors = people(8, 6, noise=3.0), strangers(30)
    searches, _, outcomes = run(faces, distractors)
    assert list(outcomes) == [Kind.RAW]  # 48 faces make no cohort

    def cosine(reference, other):
        table = faces if other[0] == "face" else distractors
        return float(faces.templates[reference] @ table.templates[other[1]])

    raw = outcomes[Kind.RAW]
    for number in range(len(searches)):
        score, rank, top = slowly(faces, distractors, searches, number, cosine)
        assert raw.scores[number] == pytest.approx(score, abs=1e-6)
        assert raw.ranks[number] == rank
        assert raw.tops[searches.probe_of[number]] == pytest.approx(top, abs=1e-6)
    assert len(np.unique(raw.ranks)) > 5


def test_normalised_scores_are_those_of_the_service_against_people_of_the_other_half():
    faces, distractors = people(80, 9, noise=2.0), strangers(40)
    searches, parts, outcomes = run(faces, distractors)
    number = 100
    probe = searches.probes[searches.probe_of[number]]
    cohort = parts.cohorts[parts.part_of[probe.subject]]
    assert not set(cohort.faces.subjects) & set(np.flatnonzero(parts.part_of == parts.part_of[probe.subject]))
    of_faces, of_distractors = cohort.statistics(faces), cohort.statistics(distractors)

    def normalised(reference, other):
        table, known = (faces, of_faces) if other[0] == "face" else (distractors, of_distractors)
        cosine = np.array([[float(faces.templates[reference] @ table.templates[other[1]])]])
        one, two = np.array([reference]), np.array([other[1]])
        return float(as_norm(cosine, of_faces[one], known[two])[0, 0])

    score, rank, top = slowly(faces, distractors, searches, number, normalised)
    assert outcomes[Kind.AS].scores[number] == pytest.approx(score, abs=1e-4)
    assert outcomes[Kind.AS].ranks[number] == rank
    assert outcomes[Kind.AS].tops[searches.probe_of[number]] == pytest.approx(top, abs=1e-4)


def test_other_pictures_of_the_child_are_never_in_the_way():
    templates = np.array([[1, 0, 0], [1, 0.1, 0], [0.7, 0.7, 0], [0, 0, 1]])
    faces = columns(templates / np.linalg.norm(templates, axis=1, keepdims=True), [0, 0, 0, 1], [1, 3, 4, 2])
    searches, _, outcomes = run(faces, strangers(0, dimension=3))
    of_four = np.flatnonzero(searches.mates == 2)
    assert outcomes[Kind.RAW].ranks[of_four].tolist() == [1] * len(of_four)


def test_a_stranger_who_scores_as_high_as_the_child_stands_before_it():
    faces = columns(np.array([[1, 0], [0.6, 0.8], [0.6, 0.8]]), [0, 0, 1], [1, 3, 2])
    _, _, outcomes = run(faces, strangers(0, dimension=2))
    assert outcomes[Kind.RAW].ranks.tolist() == [2]


@pytest.mark.parametrize("lost", ["found", "enrolled"])
def test_a_mate_that_is_not_in_the_gallery_is_a_miss(lost):
    faces = people(6, 4)
    searches = searches_of(faces, 0)
    gone = int(searches.mates[0])
    missing = {name: getattr(faces, name) & (np.arange(len(faces)) != gone) for name in {lost, "enrolled"}}
    searches, _, outcomes = run(replace(faces, **missing), strangers(10))
    of_it = searches.mates == gone
    assert (outcomes[Kind.RAW].ranks[of_it] == MISSED).all()
    assert (outcomes[Kind.RAW].scores[of_it] == -np.inf).all()
    assert (outcomes[Kind.RAW].ranks < MISSED).any()


def test_a_search_without_a_usable_reference_is_a_miss_and_no_search_for_the_absent():
    faces = columns(np.eye(4), [0, 0, 1, 1], [1, 3, 1, 3])
    faces = replace(faces, found=np.array([False, True, True, True]))
    _, _, outcomes = run(faces, strangers(0, dimension=4))
    assert outcomes[Kind.RAW].ranks.tolist()[0] == MISSED
    assert np.isnan(outcomes[Kind.RAW].tops).tolist() == [True, False]


def test_a_reference_is_used_though_it_would_not_be_enrolled():
    faces = columns(np.eye(3)[[0, 0, 1]], [0, 0, 1], [1, 3, 1])
    _, _, outcomes = run(replace(faces, enrolled=np.array([False, True, True])), strangers(0, dimension=3))
    assert outcomes[Kind.RAW].ranks.tolist() == [1]
