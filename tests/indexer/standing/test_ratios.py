"""A pair has one likelihood ratio, whoever found it: a search, a face that came, or a reference that came."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from indexer.calibration import Calibration
from indexer.calibrations import install_calibration
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.gallery.lazy import LazyGallery
from indexer.linking.keeper import LinkKeeper
from indexer.sealed_records import case_key
from indexer.search import look_up
from indexer.settings import IndexerSettings
from indexer.standing.keeper import StandingKeeper
from indexer.storage import LocalStore
from models.records import Candidate, Case, SearchResult
from models.session import Database
from tests.indexer.gallery.synthetic import around, strangers, unit
from tests.indexer.test_search import RAW
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack, World

WITH_REFERENCES = Calibration(
    pack_id=PACK_ID,
    kind="raw",
    coefficients={"intercept": -2.0, "score": 3.0, "references": 0.5},
    ranges={"score": (-1.0, 1.0), "references": (1.0, 5.0)},
    lowest=-9.0,
    highest=9.0,
    description={"name": "drawn"},
    made_at="2026-11-24T00:00:00+00:00",
)


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    return World.at(sqlite_database, tmp_path)


@pytest.fixture
def context(world: World, settings: IndexerSettings, decode_pool: DecodePool) -> Context:
    made = Context(settings, world.keyring, world.database, LocalStore(settings.blobs), decode_pool)
    made.__dict__["_pack"] = DrawnPack()
    install_calibration(made, WITH_REFERENCES)
    return made


def stand(context: Context) -> None:
    gallery = LazyGallery(context)
    links, standing = LinkKeeper(context, gallery), StandingKeeper(context, gallery)
    while links.step() or standing.step():
        pass


def told(world: World, face_id: int) -> tuple[float, float | None]:
    """The score and the ratio of the one result that a face has."""
    with world.database.reading() as session:
        of_face = select(SearchResult.score, SearchResult.llr).join(Candidate).where(Candidate.face_id == face_id)
        score, ratio = session.execute(of_face).one()
    return score, ratio


def searched_now(world: World, case: Case, face_id: int) -> float | None:
    with world.database.reading() as session:
        there = session.get_one(Case, case.id)
        found = look_up(session, world.keyring, world.gallery, there, RAW, DrawnPack.info.quality)
    return found.remarks[face_id].llr


def test_a_face_that_comes_has_the_ratio_that_a_search_tells(world: World, context: Context):
    pictures = strangers(2, DIMENSION, 1)
    case = world.add_case(pictures)
    stand(context)
    [face_id] = world.add_faces(around(pictures[:1], 0.8, 2))
    stand(context)
    assert told(world, face_id)[1] == pytest.approx(searched_now(world, case, face_id))
    assert searched_now(world, case, face_id) == pytest.approx(-2 + 3 * told(world, face_id)[0] + 0.5 * 2)


def test_a_reference_that_comes_brings_the_ratio_that_a_search_tells(world: World, context: Context):
    old, crowd, *axes = np.eye(DIMENSION, dtype=np.float32)[:4]
    face = unit((0.8 * old + 0.6 * axes[0])[None])
    [new] = unit((0.3 * old + 0.6 * axes[0] + 0.74 * axes[1])[None])
    case = world.add_case(old[None])
    world.add_faces(unit(np.stack([0.95 * old + 0.3 * crowd] * 5)))  # the first five of the old reference
    [face_id] = world.add_faces(face)
    stand(context)
    with world.database.reading() as session:
        assert session.scalar(select(Candidate.id).where(Candidate.face_id == face_id)) is None
    with world.database.writing() as session:
        key = case_key(world.keyring, session.get_one(Case, case.id))
        world.add_reference(session, case, key, new)
    stand(context)
    score, ratio = told(world, face_id)
    assert score == pytest.approx(0.6, abs=0.01)
    assert ratio == pytest.approx(searched_now(world, case, face_id))
    assert ratio == pytest.approx(-2 + 3 * 0.8 + 0.5 * 2, abs=0.01)  # by the old reference, which scores it higher
