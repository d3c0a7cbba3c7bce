"""S20: what comes from elsewhere is what was locked."""

import re
import shutil
from pathlib import Path

import onnx
import pytest

from indexer.errors import PackError
from indexer.packs.catalogue import installed
from indexer.packs.installing import install_pack
from indexer.settings import IndexerSettings
from tests.shared import shared_path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ]+( ; [^\\]+)? \\$", re.IGNORECASE)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_one_version_and_hashes_and_no_address(lock: Path):
    lines = [line for line in lock.read_text().splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(lines) > 1
    for number, line in enumerate(lines):
        assert PINNED.match(line) or HASH.match(line), line
        if PINNED.match(line):
            assert HASH.match(lines[number + 1]), line
    assert "://" not in lock.read_text()


def test_nothing_is_installed_without_its_hash():
    makefile = (ROOT / "Makefile").read_text()
    for line in makefile.splitlines():
        if "pip install" in line and "--editable ." not in line:
            assert "--require-hashes" in line, line
    for recipe in (ROOT / "Dockerfile",):
        for line in recipe.read_text().splitlines():
            if "pip install" in line:
                assert "--require-hashes" in line or "--no-deps" in line, line


@pytest.mark.parametrize("where", ["beside", "absolute", "climbing"])
def test_a_model_that_keeps_its_weights_elsewhere_is_not_installed(
    settings: IndexerSettings, tmp_path: Path, where: str
):
    """What lies outside the file has no digest of its own, and could be any file of this machine."""
    source = tmp_path / "given"
    shutil.copytree(shared_path("packs/mbf-int8"), source)
    for file in source.glob("*.onnx"):
        outside = tmp_path / f"{file.stem}.bin"
        model = onnx.load(file)
        onnx.save(model, file, save_as_external_data=True, location=outside.name, size_threshold=4096)
        shutil.move(source / outside.name, outside)
        if where == "beside":
            shutil.copyfile(outside, source / outside.name)
        else:
            change_place(file, str(outside) if where == "absolute" else f"../../../{outside.name}")
    with pytest.raises(PackError) as refused:
        install_pack(settings, "mine", source, True, lambda _done, _total: None)
    assert "xternal data path" in str(refused.value.__cause__), "for this reason and for no other"
    assert installed(settings) == ["open"]


def change_place(file: Path, place: str) -> None:
    model = onnx.load(file, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = place
    file.write_bytes(model.SerializeToString())
