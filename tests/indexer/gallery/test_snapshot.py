"""Sealed snapshots: what is written comes back, and whatever else lies there is noticed."""

import hashlib
import json
import stat
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import SnapshotDamaged, SnapshotForeign, SnapshotMissing, SnapshotNotWritten
from indexer.gallery import body, snapshot
from indexer.gallery.exact import ExactGallery
from indexer.gallery.snapshot import MANIFEST, read_snapshot, write_snapshot
from tests.indexer.gallery.synthetic import strangers

PACK, OTHER_PACK = "ab" * 32, "cd" * 32
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
DIMENSION = 32
CHUNK = 4096


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "CHUNK_BYTES", CHUNK)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gallery"


def a_gallery(count: int = 300, seed: int = 1) -> ExactGallery:
    gallery = ExactGallery(PACK, DIMENSION)
    gallery.add(np.arange(count) * 7 + 1, strangers(count, DIMENSION, seed))
    return gallery


def body_of(folder: Path) -> Path:
    (only,) = folder.glob("*.sealed")
    return only


def damage(path: Path, place: int, flip: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= flip
    path.write_bytes(content)


def read(folder: Path) -> None:
    read_snapshot(folder, PACK, DIMENSION, KEY)


@pytest.mark.parametrize("count", [0, 1, 300])
def test_what_was_written_comes_back(folder: Path, count: int) -> None:
    gallery = a_gallery(count)
    written = write_snapshot(folder, gallery, 42, KEY, anchor="change 42")
    manifest, face_ids, templates = read_snapshot(folder, PACK, DIMENSION, KEY)
    assert manifest == written
    assert (manifest.pack_id, manifest.dimension, manifest.count) == (PACK, DIMENSION, count)
    assert (manifest.last_change, manifest.anchor) == (42, "change 42")
    assert np.array_equal(face_ids, gallery.export()[0])
    assert np.array_equal(templates, gallery.export()[1])
    assert (face_ids.dtype, templates.dtype) == (np.int64, np.float16)


def test_the_chunks_of_a_real_snapshot_have_16_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert body.CHUNK_BYTES == 16 * 2**20


def test_the_manifest_is_json_with_the_digest_of_the_sealed_file(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    fields = json.loads((folder / MANIFEST).read_text())
    assert set(fields) == {
        *("format", "snapshot_id", "pack_id", "dimension", "count", "last_change", "anchor", "sha256", "proof")
    }
    assert fields["sha256"] == hashlib.sha256(body_of(folder).read_bytes()).hexdigest()


def test_where_nothing_was_written_the_snapshot_is_missing(folder: Path) -> None:
    with pytest.raises(SnapshotMissing, match="There is no snapshot at"):
        read(folder)
    folder.mkdir()
    with pytest.raises(SnapshotMissing):
        read(folder)


def test_a_flipped_byte_is_noticed_200_times_of_200(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    manifest, sealed = folder / MANIFEST, body_of(folder)
    drawn = np.random.default_rng(200)
    noticed = 0
    for number in range(200):
        path = (manifest, sealed)[number % 2]
        place, flip = int(drawn.integers(path.stat().st_size)), int(drawn.integers(1, 256))
        damage(path, place, flip)
        with pytest.raises(SnapshotDamaged):
            read(folder)
        noticed += 1
        damage(path, place, flip)
        read(folder)
    assert noticed == 200


def test_a_flipped_bit_is_noticed_at_every_byte_of_the_manifest(folder: Path) -> None:
    write_snapshot(folder, a_gallery(3), 42, KEY)
    path = folder / MANIFEST
    for place in range(path.stat().st_size):
        flip = (0x01, 0x20, 0x80)[place % 3]  # 0x20 makes a letter upper case, which JSON and hexadecimal may forgive
        damage(path, place, flip)
        with pytest.raises(SnapshotDamaged):
            read(folder)
        damage(path, place, flip)
    read(folder)


@pytest.mark.parametrize("left", [0, 1, CHUNK + 16, 2 * CHUNK, -1])
def test_a_body_cut_short_is_noticed(folder: Path, left: int) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    path = body_of(folder)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(SnapshotDamaged, match="not as long as it was"):
        read(folder)


def test_a_body_that_grew_is_noticed(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    with body_of(folder).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(SnapshotDamaged, match="not as long as it was"):
        read(folder)


def test_chunks_that_changed_places_are_noticed(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    path, sealed = body_of(folder), CHUNK + 16
    content = path.read_bytes()
    path.write_bytes(content[sealed : 2 * sealed] + content[:sealed] + content[2 * sealed :])
    with pytest.raises(SnapshotDamaged, match="chunk 0 of 6 was changed"):
        read(folder)


def test_a_chunk_from_another_snapshot_of_the_same_gallery_is_noticed(folder: Path, tmp_path: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    write_snapshot(tmp_path / "other", a_gallery(), 42, KEY)
    path, sealed = body_of(folder), CHUNK + 16
    path.write_bytes(body_of(tmp_path / "other").read_bytes()[:sealed] + path.read_bytes()[sealed:])
    with pytest.raises(SnapshotDamaged, match="chunk 0 of 6 was changed"):
        read(folder)


def test_the_body_of_another_snapshot_under_this_name_is_noticed(folder: Path, tmp_path: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    write_snapshot(tmp_path / "other", a_gallery(), 42, KEY)
    body_of(folder).write_bytes(body_of(tmp_path / "other").read_bytes())
    with pytest.raises(SnapshotDamaged):
        read(folder)


def test_a_missing_body_is_noticed(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    body_of(folder).unlink()
    with pytest.raises(SnapshotDamaged, match="its body is missing"):
        read(folder)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"{" * 5000, b'{"proof": ""}', b"[" * 90_000]
)
def test_a_garbage_manifest_is_damage_and_no_crash(folder: Path, text: bytes) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    (folder / MANIFEST).write_bytes(text)
    with pytest.raises(SnapshotDamaged, match="its manifest cannot be read"):
        read(folder)


def test_a_manifest_with_an_edited_number_is_noticed(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    path = folder / MANIFEST
    path.write_text(path.read_text().replace('"last_change": 42', '"last_change": 41'))
    with pytest.raises(SnapshotDamaged, match="its manifest was changed"):
        read(folder)


def test_a_snapshot_under_another_key_is_damaged(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 42, OTHER_KEY)
    with pytest.raises(SnapshotDamaged, match="sealed under another key"):
        read(folder)


def test_a_format_of_the_future_is_not_guessed_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "FORMAT", 2)
    write_snapshot(folder, a_gallery(), 42, KEY)
    with pytest.raises(SnapshotDamaged, match="its format is 2, known is 1"):
        read(folder)


@pytest.mark.parametrize(("pack_id", "dimension"), [(OTHER_PACK, DIMENSION), (PACK, DIMENSION * 2)])
def test_a_snapshot_of_another_pack_or_dimension_is_foreign(folder: Path, pack_id: str, dimension: int) -> None:
    write_snapshot(folder, a_gallery(), 42, KEY)
    with pytest.raises(SnapshotForeign, match=f"made for pack {PACK}.*is of pack {pack_id}"):
        read_snapshot(folder, pack_id, dimension, KEY)


def test_only_its_owner_can_read_it_and_older_generations_are_gone(folder: Path) -> None:
    write_snapshot(folder, a_gallery(), 1, KEY)
    first = body_of(folder)
    (folder / f"{'0' * 32}.sealed").write_bytes(b"left by a killed writer")
    (folder / f"{'0' * 32}.part").write_bytes(b"left by a killed writer")
    write_snapshot(folder, a_gallery(seed=2), 2, KEY)
    assert not first.exists()
    assert sorted(path.name for path in folder.iterdir()) == sorted([MANIFEST, body_of(folder).name])
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_template_and_no_run_of_ids_can_be_read_on_the_disk(folder: Path) -> None:
    gallery = a_gallery()
    write_snapshot(folder, gallery, 42, KEY)
    on_disk = b"".join(path.read_bytes() for path in folder.iterdir())
    face_ids, templates = gallery.export()
    for kind in ("<f2", "<f4"):
        assert not any(row.tobytes()[:8] in on_disk for row in templates.astype(kind))
    assert not any(face_ids[at : at + 2].tobytes() in on_disk for at in range(len(face_ids) - 1))


def test_a_writer_killed_before_the_swap_leaves_the_old_snapshot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    write_snapshot(folder, a_gallery(), 1, KEY)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(snapshot, "_publish", die)
        write_snapshot(folder, a_gallery(seed=2), 2, KEY)
    manifest, _, templates = read_snapshot(folder, PACK, DIMENSION, KEY)
    assert manifest.last_change == 1
    assert np.array_equal(templates, a_gallery().export()[1])


def test_a_disk_that_gives_back_other_bytes_never_makes_a_snapshot(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_snapshot(folder, a_gallery(), 1, KEY)
    before = body_of(folder)
    honest = snapshot.write_body

    def lying(path: Path, *rest: object) -> str:
        digest = honest(path, *rest)  # type: ignore[arg-type]
        damage(path, 5000, 1)
        return digest

    monkeypatch.setattr(snapshot, "write_body", lying)
    with pytest.raises(SnapshotNotWritten, match="gave back other bytes"):
        write_snapshot(folder, a_gallery(seed=2), 2, KEY)
    assert body_of(folder) == before
    assert read_snapshot(folder, PACK, DIMENSION, KEY)[0].last_change == 1


def test_a_place_that_cannot_be_written_to_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "gallery").write_text("a file where a folder belongs")
    with pytest.raises(SnapshotNotWritten, match="File exists"):
        write_snapshot(tmp_path / "gallery", a_gallery(), 1, KEY)
    with pytest.raises(SnapshotDamaged, match="Not a directory"):
        read(tmp_path / "gallery")
