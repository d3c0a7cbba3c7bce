"""A threshold for links holds what it states, on people it was not chosen on."""

import numpy as np
import pytest

from indexer.errors import NothingFitted
from indexer.evaluation.faces import STRANGER
from indexer.evaluation.link_threshold import MOST_ERRORS, UNSEEN_ERRORS, closest_others, fit_linking, mated_pairs
from indexer.evaluation.study import Study
from indexer.linking.threshold import Linking
from tests.indexer.evaluation.drawn_people import columns, people, strangers

MADE_AT = "2026-11-23T12:00:00+00:00"


def test_pairs_of_one_child_are_at_most_two_years_apart():
    faces = columns(np.eye(4, dtype=np.float32)[[0, 0, 0, 1]], [0, 0, 0, 1], [3.0, 5.0, 8.0, 4.0])
    assert mated_pairs(faces).scores.tolist() == [1.0]
    undated = columns(np.eye(4, dtype=np.float32)[[0, 0, 0, 1]], [0, 0, 0, 1])
    assert len(mated_pairs(undated).scores) == 3


def test_the_most_alike_pairs_of_two_people_are_found():
    faces = people(40, 9, noise=1.5).followed_by(strangers(30))
    found = closest_others(faces)
    table = faces.templates.astype(np.float64) @ faces.templates.T.astype(np.float64)
    one, other = np.triu_indices(len(faces), 1)
    another = (faces.subjects[one] != faces.subjects[other]) | (faces.subjects[one] == STRANGER)
    slowly = np.sort(table[one[another], other[another]])[::-1][:MOST_ERRORS]
    assert found.scores == pytest.approx(slowly)
    both = found.subjects
    assert ((both[:, 0] != both[:, 1]) | (both[:, 0] == STRANGER)).all()


def test_it_is_precise_on_people_it_was_not_chosen_on():
    study = Study.of(people(80, 19, noise=0.9), strangers(300), 1)
    linking = fit_linking(study, "pack", {"dataset": "drawn"}, MADE_AT)
    assert (linking.pack_id, linking.faces) == ("pack", len(study.gallery.faces))
    assert 0.99 <= linking.precision <= 1
    assert Linking.from_content(linking.content) == linking
    others = people(80, 19, seed=5, noise=0.9).followed_by(strangers(300, seed=6))
    mated, wrong = mated_pairs(others), closest_others(others)
    found = (mated.scores >= linking.score).mean()
    errors = 2 * (wrong.scores >= linking.score).sum() / len(others)
    assert found > 0.3
    assert found / (found + errors) >= 0.99


def test_a_lower_threshold_would_not_be_precise_enough():
    study = Study.of(people(80, 19, noise=0.9), strangers(300), 1)
    linking = fit_linking(study, "pack", {}, MADE_AT)
    mated, wrong = mated_pairs(study.gallery.faces), closest_others(study.gallery.faces)
    below = np.sort(wrong.scores[wrong.scores < linking.score])[::-1][1]
    found = (mated.scores > below).mean()
    errors = 2 * ((wrong.scores > below).sum() + UNSEEN_ERRORS) / linking.faces
    assert found / (found + errors) < 0.995  # and the lower end of its interval below 0.99


def test_people_who_cannot_be_told_apart_give_no_threshold():
    with pytest.raises(NothingFitted, match="no threshold for links"):
        fit_linking(Study.of(people(40, 19, noise=9.0), strangers(30), 1), "pack", {}, MADE_AT)


def test_too_few_pairs_give_no_threshold():
    with pytest.raises(NothingFitted, match="at least"):
        fit_linking(Study.of(people(12, 2), strangers(30), 1), "pack", {}, MADE_AT)
