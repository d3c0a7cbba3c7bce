"""The gallery made from the database: recovered from a snapshot or rebuilt, then following the changes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from indexer.gallery import projection as projection_module
from indexer.gallery.exact import ExactGallery
from indexer.gallery.projection import GalleryProjection, Recovery
from indexer.gallery.snapshot import MANIFEST, read_snapshot
from indexer.gallery.source import templates_of
from indexer.keyring import KeyRing
from models.session import Database
from tests.indexer.gallery.street import DIMENSION, OTHER_PACK, PACK, Street
from tests.indexer.gallery.synthetic import strangers

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what is the same whatever the database: the others run on both."""


@pytest.fixture
def keyring() -> KeyRing:
    return KeyRing(b"m" * 32)


@pytest.fixture
def street(database: Database, keyring: KeyRing) -> Street:
    return Street(database, keyring)


@pytest.fixture
def project(keyring: KeyRing, tmp_path: Path) -> Callable[..., GalleryProjection]:
    """A projection into an empty gallery, as a process that has just started has it."""

    def make(pack_id: str = PACK, snapshot_every: int = 1000) -> GalleryProjection:
        return GalleryProjection(ExactGallery(pack_id, DIMENSION), keyring, tmp_path / "gallery", snapshot_every)

    return make


def recover(database: Database, projection: GalleryProjection) -> Recovery:
    with database.reading() as session:
        return projection.recover(session)


def catch_up(database: Database, projection: GalleryProjection) -> int:
    with database.reading() as session:
        return projection.catch_up(session)


def faces_in(projection: GalleryProjection) -> list[int]:
    return sorted(projection.gallery.export()[0].tolist())


def snapshot_of(keyring: KeyRing, folder: Path, pack_id: str = PACK) -> tuple[int, list[int]]:
    manifest, face_ids, _ = read_snapshot(folder / "gallery", pack_id, DIMENSION, keyring.snapshot_key)
    return manifest.last_change, sorted(face_ids.tolist())


def test_templates_come_back_as_they_were_sealed(database: Database, street: Street, keyring: KeyRing) -> None:
    templates = strangers(5, DIMENSION, seed=1)
    first, second = street.add(templates[:3]), street.add(templates[3:])
    with database.reading() as session:
        loaded = templates_of(session, keyring, PACK, DIMENSION, [*second, *first, 999])
    assert loaded.face_ids.tolist() == [*first, *second]
    assert np.array_equal(loaded.templates, templates)
    assert loaded.unreadable == 0


@on_sqlite
def test_each_photo_s_key_is_unwrapped_once(
    database: Database, street: Street, keyring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = street.add(strangers(4, DIMENSION, seed=1)) + street.add(strangers(3, DIMENSION, seed=2))
    unwrapped: list[str] = []
    honest = keyring.unwrap
    monkeypatch.setattr(keyring, "unwrap", lambda key, owner: unwrapped.append(owner) or honest(key, owner))
    with database.reading() as session:
        assert len(templates_of(session, keyring, PACK, DIMENSION, faces).face_ids) == 7
    assert len(unwrapped) == len(set(unwrapped)) == 2


def test_without_a_snapshot_it_is_rebuilt_and_says_so(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    faces = street.add(strangers(6, DIMENSION, seed=1))
    street.remove(faces[1:3])
    street.add(strangers(2, DIMENSION, seed=2), pack_id=OTHER_PACK)
    projection = project()
    with capture_logs() as logs:
        assert recover(database, projection) is Recovery.MISSING
    assert faces_in(projection) == [faces[0], *faces[3:]]
    assert projection.last_change == 10
    assert [log["outcome"] for log in logs if log["event"] == "gallery_recovered"] == ["snapshot_missing"]
    assert projection.gallery.search(strangers(6, DIMENSION, seed=1)[3:4], 1)[0][0].face_id == faces[3]


def test_a_snapshot_is_loaded_and_the_tail_applied(
    database: Database, street: Street, project: Callable[..., GalleryProjection], monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = street.add(strangers(6, DIMENSION, seed=1))
    before = project()
    recover(database, before)
    before.snapshot()
    more = street.add(strangers(2, DIMENSION, seed=2))
    street.remove([faces[0], more[0]])
    read: list[int] = []
    honest = projection_module.templates_of
    monkeypatch.setattr(projection_module, "templates_of", lambda *given: read.extend(given[-1]) or honest(*given))
    after = project()
    assert recover(database, after) is Recovery.LOADED
    assert faces_in(after) == [*faces[1:], more[1]]
    assert after.last_change == 10
    assert read == [more[1]]  # the tail, and nothing that the snapshot held


def flip_a_byte(folder: Path) -> None:
    (sealed,) = folder.glob("*.sealed")
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    sealed.write_bytes(content)


def lose_the_body(folder: Path) -> None:
    for sealed in folder.glob("*.sealed"):
        sealed.unlink()


def spoil_the_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{}")


@on_sqlite
@pytest.mark.parametrize("spoil", [flip_a_byte, lose_the_body, spoil_the_manifest])
def test_a_damaged_snapshot_is_rebuilt_says_so_and_is_replaced(
    database: Database,
    street: Street,
    project: Callable[..., GalleryProjection],
    tmp_path: Path,
    keyring: KeyRing,
    spoil: Callable[[Path], None],
) -> None:
    faces = street.add(strangers(6, DIMENSION, seed=1))
    before = project()
    recover(database, before)
    before.snapshot()
    spoil(tmp_path / "gallery")
    projection = project()
    with capture_logs() as logs:
        assert recover(database, projection) is Recovery.DAMAGED
    assert [log["log_level"] for log in logs if log["event"] == "gallery_recovered"] == ["warning"]
    assert faces_in(projection) == faces
    assert projection.maybe_snapshot()
    assert snapshot_of(keyring, tmp_path) == (6, faces)


@on_sqlite
def test_a_foreign_pack_s_snapshot_is_not_used(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    street.add(strangers(6, DIMENSION, seed=1), pack_id=OTHER_PACK)
    faces = street.add(strangers(2, DIMENSION, seed=2))
    other = project(OTHER_PACK)
    recover(database, other)
    other.snapshot()
    projection = project()
    assert recover(database, projection) is Recovery.FOREIGN
    assert faces_in(projection) == faces


def test_a_snapshot_of_another_history_is_not_used(
    database: Database,
    another_database: Callable[[], Database],
    street: Street,
    project: Callable[..., GalleryProjection],
    keyring: KeyRing,
) -> None:
    """As after a restore from an older backup: face ids and change numbers are given out again, to other faces."""
    street.add(strangers(4, DIMENSION, seed=1))
    before = project()
    recover(database, before)
    before.snapshot()
    restored = another_database()
    others = strangers(4, DIMENSION, seed=2)
    faces = Street(restored, keyring).add(others)
    projection = project()
    assert recover(restored, projection) is Recovery.STALE
    assert faces_in(projection) == faces
    assert projection.gallery.search(others[:1], 1)[0][0].score > 0.99


@on_sqlite
def test_a_snapshot_ahead_of_the_database_is_not_used(
    another_database: Callable[[], Database],
    database: Database,
    street: Street,
    project: Callable[..., GalleryProjection],
) -> None:
    street.add(strangers(4, DIMENSION, seed=1))
    before = project()
    recover(database, before)
    before.snapshot()
    projection = project()
    assert recover(another_database(), projection) is Recovery.STALE
    assert (faces_in(projection), projection.last_change) == ([], 0)


@on_sqlite
def test_recovering_again_gives_the_same(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    faces = street.add(strangers(4, DIMENSION, seed=1))
    projection = project()
    recover(database, projection)
    projection.snapshot()
    assert recover(database, projection) is Recovery.LOADED
    assert faces_in(projection) == faces


def test_it_follows_what_is_committed(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    projection = project()
    recover(database, projection)
    faces = street.add(strangers(4, DIMENSION, seed=1))
    assert catch_up(database, projection) == 4
    assert faces_in(projection) == faces
    street.remove(faces[:1])
    street.add(strangers(1, DIMENSION, seed=2), pack_id=OTHER_PACK)
    street.remove(faces[1:2], pack_id=OTHER_PACK)  # of another pack's gallery
    assert catch_up(database, projection) == 3
    assert faces_in(projection) == faces[1:]
    assert projection.last_change == 7
    assert catch_up(database, projection) == 0


@on_sqlite
def test_to_apply_changes_again_does_nothing(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    faces = street.add(strangers(4, DIMENSION, seed=1))
    street.remove(faces[:2])
    projection = project()
    recover(database, projection)
    projection.last_change = 0
    assert catch_up(database, projection) == 6
    assert faces_in(projection) == faces[2:]


def test_more_changes_than_one_round_takes_are_applied_in_order(
    database: Database,
    street: Street,
    project: Callable[..., GalleryProjection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(projection_module, "CHANGES_AT_ONCE", 3)
    projection = project()
    recover(database, projection)
    faces = street.add(strangers(8, DIMENSION, seed=1))
    street.remove(faces[:3])
    street.put_back(faces[1:2])
    assert catch_up(database, projection) == 12
    assert faces_in(projection) == [faces[1], *faces[3:]]


def test_a_face_that_left_and_came_back_within_one_round_is_there(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    faces = street.add(strangers(2, DIMENSION, seed=1))
    projection = project()
    recover(database, projection)
    street.remove(faces)
    street.put_back(faces[:1])
    catch_up(database, projection)
    assert faces_in(projection) == faces[:1]


def test_a_face_whose_template_is_gone_is_not_brought_in(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    projection = project()
    recover(database, projection)
    faces = street.add(strangers(2, DIMENSION, seed=1))
    street.delete_face(faces[0])  # and its change has not been seen yet
    assert catch_up(database, projection) == 2
    assert faces_in(projection) == faces[1:]
    assert recover(database, project()) is Recovery.MISSING


def test_a_reference_s_face_is_in_no_gallery_even_if_a_change_names_it(
    database: Database, street: Street, project: Callable[..., GalleryProjection]
) -> None:
    face_id = street.add_reference_face(strangers(1, DIMENSION, seed=1)[0])
    projection = project()
    recover(database, projection)
    assert (faces_in(projection), projection.last_change) == ([], 1)
    assert face_id not in projection.gallery


@on_sqlite
@pytest.mark.parametrize("bad", ["another key", "too short", "not a number", "too long"])
def test_a_template_that_cannot_be_used_is_left_out_loudly_and_the_others_are_found(
    database: Database, street: Street, project: Callable[..., GalleryProjection], bad: str
) -> None:
    faces = street.add(strangers(3, DIMENSION, seed=1))
    street.spoil(faces[1], bad)
    projection = project()
    with capture_logs() as logs:
        recover(database, projection)
    assert faces_in(projection) == [faces[0], faces[2]]
    (said,) = [log for log in logs if log["event"] == "templates_unreadable"]
    assert (said["log_level"], said["faces"]) == ("error", 1)


@on_sqlite
def test_a_snapshot_is_written_after_enough_changes(
    database: Database,
    street: Street,
    project: Callable[..., GalleryProjection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    keyring: KeyRing,
) -> None:
    monkeypatch.setattr(projection_module, "SNAPSHOT_PAUSE_SECONDS", 0)
    projection = project(snapshot_every=5)
    recover(database, projection)
    projection.snapshot()
    faces = street.add(strangers(4, DIMENSION, seed=1))
    catch_up(database, projection)
    assert not projection.maybe_snapshot()
    faces += street.add(strangers(1, DIMENSION, seed=2))
    catch_up(database, projection)
    assert projection.maybe_snapshot()
    assert snapshot_of(keyring, tmp_path) == (5, faces)
    assert not projection.maybe_snapshot()


@on_sqlite
def test_an_erased_face_leaves_the_snapshot_without_waiting_for_more_changes(
    database: Database,
    street: Street,
    project: Callable[..., GalleryProjection],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    keyring: KeyRing,
) -> None:
    faces = street.add(strangers(4, DIMENSION, seed=1))
    projection = project()
    recover(database, projection)
    projection.snapshot()
    street.remove(faces[:1])
    catch_up(database, projection)
    assert not projection.maybe_snapshot()  # one was written a moment ago
    projection.finish()
    assert snapshot_of(keyring, tmp_path) == (5, faces[1:])
    monkeypatch.setattr(projection_module, "SNAPSHOT_PAUSE_SECONDS", 0)
    projection.snapshot()
    street.remove(faces[1:2])
    catch_up(database, projection)
    assert projection.maybe_snapshot()
    assert snapshot_of(keyring, tmp_path) == (6, faces[2:])


@on_sqlite
def test_a_loaded_snapshot_that_still_held_an_erased_face_is_replaced(
    database: Database,
    street: Street,
    project: Callable[..., GalleryProjection],
    tmp_path: Path,
    keyring: KeyRing,
) -> None:
    faces = street.add(strangers(4, DIMENSION, seed=1))
    before = project()
    recover(database, before)
    before.snapshot()
    street.remove(faces[:1])
    projection = project()
    assert recover(database, projection) is Recovery.LOADED
    assert projection.maybe_snapshot()
    assert snapshot_of(keyring, tmp_path) == (5, faces[1:])
