"""A pack is installed wholly or not at all, whatever it is given."""

import io
import shutil
import zipfile
import zlib
from pathlib import Path

import httpx
import pytest

from indexer.errors import (
    PackDamaged,
    PackError,
    PackIncomplete,
    PackLicenceNotAccepted,
    PackNameUnknown,
    PackNotFetched,
    PackNotInstalled,
    PackSourceMissing,
    PackSourceUnnamed,
    PackUnreadable,
)
from indexer.packs import installing, manifest
from indexer.packs.catalogue import installed, load_pack
from indexer.packs.identity import file_digest
from tests.shared import shared_path


@pytest.fixture
def models():
    """A folder with a real small pack, as someone received it."""
    return shared_path("packs/mbf-int8")


def install(settings, source, name="mine", accept=True):
    return installing.install_pack(settings, name, source, accept, lambda _done, _total: None)


def zipped(file, entries):
    """A ZIP of (name, bytes) pairs; names may repeat."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content)
    return file


def nothing_is_installed(settings):
    assert installed(settings) == ["open"]
    assert not settings.packs.exists() or list(settings.packs.iterdir()) == []


def test_a_folder_is_installed_with_every_digest_recorded(settings, models):
    made = install(settings, models)
    assert made.files == {file.name: file_digest(file) for file in models.glob("*.onnx")}
    assert manifest.verified(settings.packs / "mine", "mine") == made
    assert installed(settings) == ["mine", "open"]
    assert load_pack(settings.model_copy(update={"pack": "mine"})).info.dimension == 512


def test_a_zip_with_folders_and_other_files_gives_the_same_files(settings, models, tmp_path):
    entries = [(f"deep/er/{file.name}", file.read_bytes()) for file in models.glob("*.onnx")]
    made = install(settings, zipped(tmp_path / "pack.zip", [*entries, ("README.md", b"hello"), ("empty/", b"")]))
    assert made.files == {file.name: file_digest(file) for file in models.glob("*.onnx")}


@pytest.mark.parametrize("prefix", ["../../", "/", "..\\..\\", "C:\\", "//host/share/"])
def test_no_entry_of_a_zip_is_written_outside_the_packs_folder(settings, models, tmp_path, prefix):
    entries = [(f"{prefix}{file.name}", file.read_bytes()) for file in models.glob("*.onnx")]
    before = sorted(tmp_path.rglob("*"))
    archive = zipped(tmp_path / "evil.zip", entries)
    with pytest.raises(PackUnreadable, match=r"evil\.zip .* an entry names a place outside"):
        install(settings, archive)
    nothing_is_installed(settings)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, archive, settings.packs.parent, settings.packs])


def test_one_escaping_entry_is_enough_even_where_it_is_no_model(settings, models, tmp_path):
    entries = [(file.name, file.read_bytes()) for file in models.glob("*.onnx")]
    with pytest.raises(PackUnreadable, match="outside the archive"):
        install(settings, zipped(tmp_path / "a.zip", [*entries, ("x/../../README.md", b"hello")]))
    nothing_is_installed(settings)


def test_a_package_with_insightfaces_manifest_is_refused_rather_than_read_wrongly(settings, models, tmp_path):
    entries = [(file.name, file.read_bytes()) for file in models.glob("*.onnx")]
    archive = zipped(tmp_path / "a.zip", [*entries, ("manifest.json", b"{}")])
    with pytest.raises(PackUnreadable, match=r"manifest\.json .* newer kind"):
        install(settings, archive)
    with zipfile.ZipFile(archive) as whole:
        whole.extractall(tmp_path / "folder")
    with pytest.raises(PackUnreadable, match=r"manifest\.json .* newer kind"):
        install(settings, tmp_path / "folder")
    nothing_is_installed(settings)


def test_the_model_that_cannot_be_read_is_named(settings, models, tmp_path):
    shutil.copyfile(models / "det_500m.onnx", tmp_path / "det_500m.onnx")
    (tmp_path / "recognition.onnx").write_bytes(b"garbage" * 100)
    with pytest.raises(PackUnreadable, match=r"^The file recognition\.onnx of the pack mine cannot be read"):
        install(settings, tmp_path)


def not_a_zip(folder):
    (folder / "a.zip").write_bytes(b"PK\x03\x04 no more")


def empty(folder):
    (folder / "a.zip").write_bytes(b"")


def of_garbage(folder):
    zipped(folder / "a.zip", [("det.onnx", b"garbage" * 100)])


def with_one_name_twice(folder):
    zipped(folder / "a.zip", [("one/det.onnx", b"1"), ("two/det.onnx", b"2")])


def with_too_many_models(folder):
    zipped(folder / "a.zip", [(f"{number}.onnx", b"") for number in range(installing.MOST_MODELS + 1)])


def encrypted(folder):
    file = zipped(folder / "a.zip", [("det.onnx", b"secret")])
    data = bytearray(file.read_bytes())
    data[6] |= 1  # the flags in the entry's own head and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(data)


def cut_short(folder):
    file = zipped(folder / "a.zip", [("det.onnx", bytes(1000))])
    file.write_bytes(file.read_bytes()[:500])


def with_a_damaged_entry(folder):
    file = folder / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("det.onnx", bytes(range(256)) * 40)
    data = bytearray(file.read_bytes())
    data[45:60] = b"\xff" * 15
    file.write_bytes(data)


def larger_than_it_says(folder):
    file = folder / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("det.onnx", bytes(5 * installing.CHUNK))
    data = bytearray(file.read_bytes())
    for place in (22, data.index(b"PK\x01\x02") + 24):
        data[place : place + 4] = (100).to_bytes(4, "little")
    file.write_bytes(data)


BROKEN = {
    not_a_zip: "no ZIP file",
    empty: "no ZIP file",
    of_garbage: "no ONNX file",
    with_one_name_twice: "there twice",
    with_too_many_models: "33 models, more than 32",
    encrypted: "encrypted",
    cut_short: "no ZIP file",
    with_a_damaged_entry: "no ZIP file, or a damaged one",
    larger_than_it_says: "no ZIP file, or a damaged one",
}


@pytest.mark.parametrize(("break_it", "reason"), BROKEN.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_zip_is_a_clear_error_and_leaves_nothing(settings, tmp_path, break_it, reason):
    break_it(tmp_path)
    with pytest.raises(PackUnreadable, match=reason):
        install(settings, tmp_path / "a.zip")
    nothing_is_installed(settings)


def test_a_zip_without_models_is_incomplete(settings, tmp_path):
    with pytest.raises(PackIncomplete, match="no ONNX model"):
        install(settings, zipped(tmp_path / "a.zip", [("README.md", b"no model")]))
    nothing_is_installed(settings)


def test_a_zip_that_claims_too_much_is_refused_before_it_is_unpacked(settings, tmp_path, monkeypatch):
    bomb = zipped(tmp_path / "bomb.zip", [("a.onnx", bytes(600)), ("b.onnx", bytes(600))])
    monkeypatch.setattr(installing, "MOST_BYTES", 1000)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_given: pytest.fail("it was unpacked"))
    with pytest.raises(PackUnreadable, match="larger than"):
        install(settings, bomb)
    nothing_is_installed(settings)


def test_a_zip_of_no_models_is_a_pack_error_whichever_of_its_bytes_is_flipped(settings, tmp_path):
    small = zipped(tmp_path / "small.zip", [(name, zlib.compress(name.encode()) * 20) for name in ("a.onnx", "b.onnx")])
    whole = small.read_bytes()
    for place in range(0, len(whole), 7):
        small.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with pytest.raises(PackError):
            install(settings, small)
    nothing_is_installed(settings)


def test_a_folder_without_a_recogniser_is_incomplete(settings, models, tmp_path):
    shutil.copyfile(models / "det_500m.onnx", tmp_path / "det_500m.onnx")
    with pytest.raises(PackIncomplete, match="no recognition model"):
        install(settings, tmp_path)
    nothing_is_installed(settings)


def test_a_folder_without_a_detector_is_incomplete(settings, models, tmp_path):
    shutil.copyfile(models / "w600k_mbf_int8.onnx", tmp_path / "w600k_mbf_int8.onnx")
    with pytest.raises(PackIncomplete, match="no detection model"):
        install(settings, tmp_path)
    nothing_is_installed(settings)


def test_an_installed_pack_outlives_a_broken_new_one(settings, models, tmp_path):
    made = install(settings, models)
    of_garbage(tmp_path)
    with pytest.raises(PackUnreadable):
        install(settings, tmp_path / "a.zip")
    assert manifest.verified(settings.packs / "mine", "mine") == made
    assert [path.name for path in settings.packs.iterdir()] == ["mine"]


def test_a_new_pack_takes_the_place_of_an_installed_damaged_one(settings, models):
    install(settings, models)
    damaged = settings.packs / "mine" / "det_500m.onnx"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(PackDamaged):
        load_pack(settings.model_copy(update={"pack": "mine"}))
    install(settings, models)
    load_pack(settings.model_copy(update={"pack": "mine"}))
    assert [path.name for path in settings.packs.iterdir()] == ["mine"]


def test_an_installed_pack_is_put_back_where_the_new_one_cannot_be_moved_in(settings, models, monkeypatch):
    made, move = install(settings, models), Path.replace

    def fail_for_the_new(self, target):
        if self.name.startswith(".mine.") and self.name != ".mine.old":
            raise OSError(28, "No space left on device")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", fail_for_the_new)
    with pytest.raises(PackNotInstalled, match="No space left on device"):
        install(settings, models)
    assert manifest.verified(settings.packs / "mine", "mine") == made
    assert [path.name for path in settings.packs.iterdir()] == ["mine"]


def test_nothing_is_installed_before_its_licence_is_accepted(settings, models):
    for name in ("mine", "buffalo_l", "open"):
        with pytest.raises(PackLicenceNotAccepted):
            install(settings, models, name, accept=False)
    nothing_is_installed(settings)


@pytest.mark.parametrize("name", ["", ".", "..", "../evil", "a/b", "a\\b", ".hidden", "a b", "x" * 65, "a\nb", "é"])
def test_a_name_that_is_no_plain_folder_name_is_refused(settings, models, name):
    with pytest.raises(PackNameUnknown):
        install(settings, models, name)
    nothing_is_installed(settings)


def test_a_source_that_is_not_there_is_said_with_a_remedy(settings, tmp_path):
    with pytest.raises(PackSourceMissing, match="--from an existing folder or ZIP"):
        install(settings, tmp_path / "absent.zip")
    with pytest.raises(PackSourceUnnamed, match="with --from"):
        install(settings, None)


def test_a_folder_that_cannot_be_written_to_is_said(settings, models):
    settings.packs.parent.mkdir(parents=True)
    settings.packs.write_text("a file where the folder belongs")
    with pytest.raises(PackNotInstalled, match="File exists"):
        install(settings, models)


def test_a_download_that_fails_names_the_other_way(settings, monkeypatch):
    def refuse(*given, **options):
        raise httpx.ConnectError("no network here")

    monkeypatch.setattr(httpx, "stream", refuse)
    with pytest.raises(PackNotFetched, match=r"no network here\. Fetch it elsewhere and install it with --from ZIP"):
        install(settings, None, "buffalo_l")
    nothing_is_installed(settings)


def test_a_download_is_bounded_and_its_progress_told(settings, monkeypatch):
    sent, told = io.BytesIO(bytes(3000)), []
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=sent.getvalue()))
    monkeypatch.setattr(httpx, "stream", httpx.Client(transport=transport).stream)
    monkeypatch.setattr(installing, "MOST_BYTES", 2000)
    with pytest.raises(PackUnreadable, match="larger than"):
        installing.install_pack(settings, "buffalo_l", None, True, lambda done, total: told.append((done, total)))
    monkeypatch.setattr(installing, "MOST_BYTES", 4000)
    with pytest.raises(PackUnreadable, match="no ZIP file"):
        installing.install_pack(settings, "buffalo_l", None, True, lambda done, total: told.append((done, total)))
    assert told == [(3000, 3000)]
    nothing_is_installed(settings)
