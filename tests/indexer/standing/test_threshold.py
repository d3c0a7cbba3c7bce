"""The threshold of standing search, held against counting by hand."""

from pathlib import Path

import numpy as np
import pytest

from indexer.probes import all_probes
from indexer.search import RANKS
from indexer.standing.threshold import count_threshold, is_due, thresholds_of
from indexer.standing.watched import Watched
from models.candidate import CandidateState
from models.records import Case
from models.session import Database
from models.standing import StandingThreshold
from tests.indexer.gallery.synthetic import around, strangers
from tests.indexer.test_search import RAW
from tests.indexer.worlds import DIMENSION, PACK_ID, World
from tests.models.factories import make_candidate


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    return World.at(sqlite_database, tmp_path)


def counted(world: World, allowed: float) -> tuple[StandingThreshold, Watched]:
    with world.database.reading() as session:
        watched = Watched(all_probes(session, world.keyring, PACK_ID), None)
        return count_threshold(session, world.gallery, RAW, watched, len(world.gallery), allowed), watched


def scores_of(world: World, watched: Watched) -> np.ndarray:
    """Of each case with each face: shape (cases, faces)."""
    stored = world.gallery.export()[1].astype(np.float64)
    return np.stack([(case.templates.astype(np.float64) @ stored.T).max(axis=0) for case in watched.cases])


@pytest.mark.parametrize("allowed", [0.01, 0.1, 0.5, 1.0])
def test_it_is_the_lowest_score_that_holds_what_the_operator_allows(world: World, allowed: float):
    world.add_faces(strangers(300, DIMENSION, 2))
    for seed in range(24):
        world.add_case(strangers(2, DIMENSION, 100 + seed))
    made, watched = counted(world, allowed)
    scores = scores_of(world, watched)
    thresholds = thresholds_of(made, watched)
    assert thresholds is not None
    for place, threshold in enumerate(thresholds):
        others = np.delete(scores, place, axis=0)
        listed = -np.sort(-others, axis=1)[:, :RANKS]
        assert (listed >= threshold).sum() <= allowed * len(others)
        lower = listed[listed < threshold].max()
        assert (listed >= lower).sum() > allowed * len(others)
    assert made.counted == pytest.approx((scores >= made.score).sum() / len(scores))
    assert (made.faces, made.cases, made.references) == (300, 24, 48)


def test_a_child_who_is_there_does_not_raise_the_threshold_of_their_own_case(world: World):
    world.add_faces(strangers(100, DIMENSION, 2))
    child = strangers(1, DIMENSION, 1)
    world.add_faces(around(np.repeat(child, 3, axis=0), 0.95, 3))
    case = world.add_case(child)
    for seed in range(20):
        world.add_case(strangers(1, DIMENSION, 100 + seed))
    made, watched = counted(world, 0.1)
    thresholds = thresholds_of(made, watched)
    own = watched.places[case.id]
    assert made.score > 0.9
    assert thresholds[own] < 0.85
    assert (np.delete(thresholds, own) > 0.9).all()


def test_what_people_confirmed_does_not_count_as_false(world: World):
    world.add_faces(strangers(100, DIMENSION, 2))
    child = strangers(1, DIMENSION, 1)
    children = world.add_faces(around(np.repeat(child, 3, axis=0), 0.95, 3))
    case = world.add_case(child)
    for seed in range(20):
        world.add_case(strangers(1, DIMENSION, 100 + seed))
    assert counted(world, 0.1)[0].score > 0.9
    with world.database.writing() as session:
        from models.records import Face

        for face_id in children:
            face = session.get_one(Face, face_id)
            make_candidate(session, session.get_one(Case, case.id), face, state=CandidateState.CONFIRMED)
    assert counted(world, 0.1)[0].score < 0.85


@pytest.mark.parametrize(("cases", "references", "allowed"), [(19, 1, 0.1), (10, 3, 0.1), (10, 3, 5)])
def test_with_too_little_to_count_on_there_is_none(world: World, cases: int, references: int, allowed: float):
    world.add_faces(strangers(50, DIMENSION, 2))
    for seed in range(cases):
        world.add_case(strangers(references, DIMENSION, 100 + seed))
    made, watched = counted(world, allowed)
    assert (made.score, made.counted, made.top) == (None, None, [])
    assert thresholds_of(made, watched) is None


def test_who_allows_less_gets_less(world: World):
    world.add_faces(strangers(200, DIMENSION, 2))
    for seed in range(21):
        world.add_case(strangers(1, DIMENSION, 100 + seed))
    found = []
    for allowed in (0.001, 0.04, 0.05, 0.1, 0.5, 5):
        made, watched = counted(world, allowed)
        found.append(int((scores_of(world, watched) >= thresholds_of(made, watched)[:, None]).sum()))
    assert found == sorted(found)
    assert found[0] == 1  # one of them scores best of all, and does not count against itself


def test_it_is_counted_anew_when_a_tenth_has_changed(world: World):
    world.add_faces(strangers(100, DIMENSION, 2))
    for seed in range(21):
        world.add_case(strangers(1, DIMENSION, 100 + seed))
    made, watched = counted(world, 0.1)
    assert is_due(None, watched, 100, 0.1)
    assert not is_due(made, watched, 100, 0.1)
    assert not is_due(made, watched, 110, 0.1)
    assert is_due(made, watched, 111, 0.1)
    assert is_due(made, watched, 89, 0.1)
    assert is_due(made, watched, 100, 0.2)
    assert is_due(made, Watched(watched.cases[:18], None), 100, 0.1)
    made.cohort_id = 7
    assert is_due(made, watched, 100, 0.1)
