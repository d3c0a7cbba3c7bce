"""Street faces of one child: linked when that is safe, one candidate of a case, apart when people say so."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.errors import LinkingWrong
from indexer.gallery.lazy import LazyGallery
from indexer.linking.candidates import known_candidates
from indexer.linking.groups import groups_of
from indexer.linking.keeper import LinkKeeper
from indexer.linking.threshold import Linking, install_linking, linking_in_use, read_linking
from indexer.linking.undoing import undo_links
from indexer.settings import IndexerSettings
from indexer.storage import LocalStore
from models.candidate import CandidateState
from models.link import LinkReason
from models.records import Candidate, Cursor, Face, FaceLink, LinkThreshold, Photo
from models.session import Database
from models.user import Role
from tests.indexer.gallery.synthetic import around, strangers
from tests.indexer.test_search import listed, searched
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack, World
from tests.models.factories import make_user

MADE = Linking(PACK_ID, 0.8, 0.993, 5000, {"name": "drawn"}, "2026-11-23T00:00:00+00:00")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World.at(database, tmp_path)


@pytest.fixture
def context(world: World, settings: IndexerSettings, decode_pool: DecodePool) -> Context:
    made = Context(settings, world.keyring, world.database, LocalStore(settings.blobs), decode_pool)
    made.__dict__["_pack"] = DrawnPack()
    return made


def linked(context: Context) -> set[tuple[int, int]]:
    keeper = LinkKeeper(context, LazyGallery(context))
    while keeper.step():
        pass
    with context.database.reading() as session:
        return {(each.face_id, each.other_id) for each in session.scalars(select(FaceLink)) if not each.undone_at}


def child_seen(world: World, times: int, cosine: float = 0.95, seed: int = 1) -> list[int]:
    looks = np.repeat(strangers(1, DIMENSION, seed), times, axis=0)
    return world.add_faces(around(looks, cosine, seed + 1))


def test_faces_above_the_threshold_are_linked_and_strangers_are_not(world: World, context: Context):
    install_linking(context, MADE)
    one, two = child_seen(world, 2)
    world.add_faces(strangers(30, DIMENSION, 9))
    assert linked(context) == {(one, two)}
    later = child_seen(world, 1)
    assert linked(context) == {(one, two), (one, *later), (two, *later)}
    with world.database.reading() as session:
        link = session.get_one(FaceLink, (one, two))
        assert link.reason is LinkReason.ALIKE
        assert link.score >= 0.8


def test_without_a_measured_threshold_only_copies_of_a_photo_are_linked(world: World, context: Context):
    one, two, three = child_seen(world, 3)
    with world.database.writing() as session:
        photos = {each: session.get_one(Face, each).photo_id for each in (one, two, three)}
        session.get_one(Photo, photos[two]).near_repeat_of = photos[one]
    stranger, *_ = world.add_faces(strangers(1, DIMENSION, 9))
    with world.database.writing() as session:
        session.get_one(Photo, session.get_one(Face, stranger).photo_id).near_repeat_of = photos[three]
    assert linked(context) == {(one, two)}


def test_two_faces_of_one_photo_are_never_linked(world: World, context: Context):
    install_linking(context, MADE)
    world.add_faces(around(np.repeat(strangers(1, DIMENSION, 1), 2, axis=0), 0.95, 2), one_photo=True)
    assert linked(context) == set()


def test_time_and_place_forbid_what_cannot_be(world: World, context: Context):
    install_linking(context, MADE)
    lima, tokyo, unknown = child_seen(world, 3)
    with world.database.writing() as session:
        volunteer = make_user(session, Role.VOLUNTEER)
        said = {"taken_at": "2025-01-01T10:00:00", "latitude": -12.05, "longitude": -77.04}
        world.describe(session, lima, volunteer, faces=1, **said)
        world.describe(session, tokyo, volunteer, faces=1, **said | {"latitude": 35.68, "longitude": 139.69})
    assert linked(context) == {(lima, unknown), (tokyo, unknown)}


def test_what_a_person_parted_stays_apart(world: World, context: Context):
    install_linking(context, MADE)
    one, two, three = child_seen(world, 3)
    linked(context)
    with world.database.writing() as session:
        undo_links(session, make_user(session, Role.REVIEWER).id, one, [three])
    with world.database.reading() as session:
        groups = groups_of(session, [one, two, three])
    assert groups == {one: {one, two}, two: {one, two}, three: {three}}
    with world.database.writing() as session:
        session.delete(session.scalars(select(Cursor)).one())  # as if every face came again
    assert linked(context) == {(one, two)}


def test_parting_keeps_faces_apart_that_were_linked_through_others_only(world: World):
    one, two, three = child_seen(world, 3)
    with world.database.writing() as session:
        for pair in ((one, two), (two, three)):
            session.add(FaceLink(face_id=pair[0], other_id=pair[1], reason=LinkReason.ALIKE, score=0.9))
        session.flush()
        undo_links(session, make_user(session, Role.REVIEWER).id, one, [three, 99])
        assert groups_of(session, [one])[one] == {one, two}
        assert session.get_one(FaceLink, (one, three)).undone_at is not None


def test_a_linked_child_is_one_candidate_and_its_place_goes_to_another(world: World, context: Context):
    install_linking(context, MADE)
    child = strangers(1, DIMENSION, 1)
    seen = child_seen(world, 4)
    others = world.add_faces(strangers(25, DIMENSION, 9))
    linked(context)
    rows = listed(world, searched(world, world.add_case(child)))
    faces = [candidate.face_id for _, candidate in rows]
    assert len(faces) == 20
    assert len(set(seen).intersection(faces)) == 1
    assert set(faces[1:]) <= set(others)


def test_a_face_that_is_linked_later_belongs_to_the_candidate_that_is_there(world: World, context: Context):
    install_linking(context, MADE)
    child = strangers(1, DIMENSION, 1)
    child_seen(world, 1, cosine=0.9)
    case = world.add_case(child)
    [(_, before)] = listed(world, searched(world, case))
    world.add_faces(child)  # scores higher than the first
    linked(context)
    [(_, after)] = listed(world, searched(world, case))
    assert after.id == before.id


def test_a_candidate_is_given_to_one_face_of_a_list_the_first(world: World, context: Context):
    install_linking(context, MADE)
    child = strangers(1, DIMENSION, 1)
    [first] = child_seen(world, 1)
    case = world.add_case(child)
    [(_, candidate)] = listed(world, searched(world, case))
    more = child_seen(world, 2)
    assert len(linked(context)) == 3
    with world.database.reading() as session:
        known = known_candidates(session, case.id, [more[1], first, more[0]])
    assert {face_id: each.id for face_id, each in known.items()} == {more[1]: candidate.id}


@pytest.mark.parametrize(("reason", "kept"), [(LinkReason.ALIKE, False), (LinkReason.NEAR_REPEAT, True)])
def test_a_rejection_holds_for_copies_of_the_photo_but_not_for_other_photos(world: World, reason, kept: bool):
    child = strangers(1, DIMENSION, 1)
    [first] = child_seen(world, 1, cosine=0.9)
    case = world.add_case(child)
    [(_, rejected)] = listed(world, searched(world, case))
    with world.database.writing() as session:
        found = session.get_one(Candidate, rejected.id)
        found.start_review()
        found.settle(-2, -2)
    [better] = world.add_faces(child)
    with world.database.writing() as session:
        session.add(FaceLink(face_id=first, other_id=better, reason=reason, score=0.9))
    [(_, again)] = listed(world, searched(world, case))
    assert (again.id == rejected.id) is kept
    assert again.state is (CandidateState.REJECTED if kept else CandidateState.OPEN)


def test_each_batch_of_faces_is_linked_by_one_worker(world: World, context: Context):
    install_linking(context, MADE)
    child_seen(world, 3)
    one, other = LinkKeeper(context, LazyGallery(context)), LinkKeeper(context, LazyGallery(context))
    while any([one.step(), other.step()]):
        pass
    with world.database.reading() as session:
        assert len(session.scalars(select(FaceLink)).all()) == 3


def test_a_long_chain_is_not_followed_for_ever(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("indexer.linking.groups.MOST", 5)
    faces = world.add_faces(strangers(20, DIMENSION, 1))
    with world.database.writing() as session:
        for one, other in pairwise(faces):
            session.add(FaceLink(face_id=one, other_id=other, reason=LinkReason.ALIKE, score=0.9))
    with world.database.reading() as session:
        assert 5 <= len(groups_of(session, [faces[0]])[faces[0]]) <= 6


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", json.dumps(MADE.content | {"precision": 0.98}), json.dumps(MADE.content | {"score": 2.0})],
)
def test_what_is_no_threshold_is_refused(tmp_path: Path, content: str):
    file = tmp_path / "linking.json"
    file.write_text(content)
    with pytest.raises(LinkingWrong):
        read_linking(file)


def test_a_threshold_is_kept_for_its_own_pack(world: World, context: Context, tmp_path: Path):
    file = tmp_path / "linking.json"
    file.write_text(MADE.to_json())
    install_linking(context, read_linking(file))
    with world.database.reading() as session:
        assert linking_in_use(session, PACK_ID) == MADE
        assert linking_in_use(session, "another") is None
    foreign = Linking("another", 0.8, 0.993, 10, {}, MADE.made_at)
    with pytest.raises(LinkingWrong, match="another"):
        install_linking(context, foreign)
    with world.database.writing() as session:
        session.get_one(LinkThreshold, PACK_ID).content = {"format": 1}
    with world.database.reading() as session:
        assert linking_in_use(session, PACK_ID) is None
