"""A pack that cannot be used is a clear error, and nothing at run time ever goes to the network for one."""

import json
import shutil
import socket

import pytest

from indexer.errors import (
    PackDamaged,
    PackIncomplete,
    PackMissing,
    PackNameUnknown,
    PackProviderUnavailable,
    PackUnreadable,
)
from indexer.packs import manifest
from indexer.packs.catalogue import installed, known, load_pack
from indexer.packs.identity import file_digest
from indexer.packs.insightface_pack import InsightFacePack

SMALL = "mbf-int8"
DETECTOR, RECOGNISER = "det_500m.onnx", "w600k_mbf_int8.onnx"


@pytest.fixture
def no_network(monkeypatch):
    """Denies every connection and look-up, and fails the test when one was tried, even if the error was caught."""
    tried = []

    def refuse(*given, **options):
        tried.append(given)
        raise OSError("no network in this test")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    yield
    assert tried == []


@pytest.fixture
def own(settings, small_packs_folder):
    """Settings whose folder has a copy of the small pack to damage."""
    shutil.copytree(small_packs_folder / SMALL, settings.packs / SMALL)
    return settings.model_copy(update={"pack": SMALL})


def folder_of(settings):
    return settings.packs / SMALL


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1  # among the weights
    file.write_bytes(data)


@pytest.mark.parametrize("name", ["buffalo_l", "antelopev2", SMALL, "nowhere", "../etc", "/tmp", "", "~/x", "a/b"])
def test_a_pack_that_is_not_here_is_not_looked_for_elsewhere(settings, no_network, name):
    with pytest.raises(PackMissing if name == "buffalo_l" else PackNameUnknown):
        load_pack(settings.model_copy(update={"pack": name}))
    assert not settings.packs.exists()


def test_insightface_itself_is_not_asked_for_a_folder_that_is_not_there(tmp_path, no_network):
    with pytest.raises(PackMissing):
        InsightFacePack.load(tmp_path / "buffalo_l", "buffalo_l", "none", ("CPUExecutionProvider",), 1, 640)


def test_an_installed_pack_loads_without_network(own, no_network):
    assert load_pack(own).info.dimension == 512


def test_a_folder_that_nobody_installed_is_missing(own):
    (folder_of(own) / manifest.FILE).unlink()
    with pytest.raises(PackMissing, match=f"homeward packs install {SMALL}"):
        load_pack(own)


@pytest.mark.parametrize("file", [DETECTOR, RECOGNISER])
def test_a_flipped_bit_is_named_with_both_digests(own, file):
    expected = file_digest(folder_of(own) / file)
    flip(folder_of(own) / file)
    with pytest.raises(PackDamaged) as raised:
        load_pack(own)
    for said in (file, expected, file_digest(folder_of(own) / file)):
        assert said in str(raised.value)


def test_a_model_that_went_missing_and_one_that_came_later_are_damage(own):
    (folder_of(own) / RECOGNISER).rename(folder_of(own) / "other.onnx")
    with pytest.raises(PackDamaged, match=r"other\.onnx"):
        load_pack(own)
    (folder_of(own) / "other.onnx").unlink()
    with pytest.raises(PackDamaged, match=f"{RECOGNISER}.* is missing"):
        load_pack(own)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{}", b'"text"', b"null", b'{"files": 1}'])
def test_a_record_that_cannot_be_read_is_damage(own, content):
    (folder_of(own) / manifest.FILE).write_bytes(content)
    with pytest.raises(PackDamaged, match=manifest.FILE):
        load_pack(own)


def test_a_record_cannot_have_files_of_other_folders_read(own):
    record = json.loads((folder_of(own) / manifest.FILE).read_text())
    record["files"]["../../../etc/hostname"] = "0" * 64
    (folder_of(own) / manifest.FILE).write_text(json.dumps(record))
    with pytest.raises(PackDamaged, match="SHA-256 is missing"):
        load_pack(own)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x07" * 500, bytes(10_000)], ids=len)
@pytest.mark.parametrize("file", [DETECTOR, RECOGNISER])
def test_a_recorded_model_that_is_none_is_unreadable(own, file, content):
    (folder_of(own) / file).write_bytes(content)
    manifest.record(folder_of(own), SMALL, "for tests only", "a test")
    with pytest.raises((PackUnreadable, PackIncomplete)):
        load_pack(own)


@pytest.mark.parametrize(("file", "left"), [(DETECTOR, "detection"), (RECOGNISER, "recognition")])
def test_a_folder_without_one_of_both_models_is_incomplete(own, file, left):
    (folder_of(own) / file).unlink()
    manifest.record(folder_of(own), SMALL, "for tests only", "a test")
    with pytest.raises(PackIncomplete, match=f"no {left} model"):
        load_pack(own)


@pytest.mark.parametrize("name", ["open", SMALL])
@pytest.mark.parametrize("providers", [("CUDAExecutionProvider",), ("CPUExecutionProvider", "NoSuchProvider")])
def test_a_provider_that_is_not_here_is_never_replaced_in_silence(own, packs_folder, name, providers):
    folder = packs_folder if name == "open" else own.packs
    with pytest.raises(PackProviderUnavailable, match=f"asked for {', '.join(providers)}"):
        load_pack(own.model_copy(update={"pack": name, "pack_dir": folder, "providers": providers}))


def test_the_id_depends_on_every_model(own, small_pack):
    assert load_pack(own).info.id == small_pack.info.id
    flip(folder_of(own) / DETECTOR)
    manifest.record(folder_of(own), SMALL, "for tests only", "a test")
    assert load_pack(own).info.id != small_pack.info.id


def test_only_folders_with_a_plain_name_and_a_record_are_installed_packs(own):
    shutil.copytree(folder_of(own), own.packs / f".{SMALL}.old")
    (own.packs / "unrecorded").mkdir()
    assert installed(own) == [SMALL, "open"]


def test_an_operators_own_pack_has_an_unknown_licence():
    assert known("ours").licence.startswith("As stated by whoever gave you")
    assert "non-commercial" in known("buffalo_l").licence
    assert "CC0" in known("open").licence
