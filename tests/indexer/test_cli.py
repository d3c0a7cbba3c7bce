"""`python -m indexer`, run as an operator runs it."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import structlog

from indexer.decode_pool import DecodePool
from indexer.packs.base import Pack
from indexer.worker import Worker
from models.photo import PhotoState
from models.records import AuditEntry, Photo, Receipt
from models.user import UserState
from tests.indexer.installation import Installation, installation
from tests.indexer.people import count, take_in, volunteer
from tests.indexer.pictures import drawn_photo, face_photo


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """`work` sets handlers, and the tests run it in their own process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    structlog.reset_defaults()


@pytest.fixture
def installed(tmp_path: Path, pack: Pack, packs_folder: Path, decode_pool: DecodePool) -> Iterator[Installation]:
    with installation(tmp_path, pack, packs_folder, decode_pool) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos, one twice, a text with a photo's name, an empty file, something hidden and a link out of it."""
    folder = tmp_path / "camera"
    (folder / "day2").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(drawn_photo(1))
    (folder / "day2" / "b.bin").write_bytes(drawn_photo(2))
    (folder / "day2" / "a again.jpg").write_bytes(drawn_photo(1))
    (folder / "text.jpg").write_text("not a picture")
    (folder / "empty.jpg").touch()
    (folder / ".hidden.jpg").write_bytes(drawn_photo(3))
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(drawn_photo(4))
    (folder / "link.jpg").symlink_to(outside)
    return folder


def test_a_folder_is_taken_in_once_however_often_it_is_started(installed: Installation, folder: Path):
    volunteer(installed.context, name="vera")
    status, out, err = installed.run("ingest", str(folder), "--as", "vera", "--json")
    first = json.loads(out)
    assert (status, err) == (1, "")  # two files were refused
    assert (first["taken_in"], first["known"]) == (2, 1)
    assert first["reasons"] == {"image_type_unsupported": 1, "image_empty": 1}
    assert [(Path(each["file"]).name, each["code"]) for each in first["refused"]] == [
        ("empty.jpg", "image_empty"),
        ("text.jpg", "image_type_unsupported"),
    ]
    again = json.loads(installed.run("ingest", str(folder), "--as", "vera", "--json")[1])
    assert (again["taken_in"], again["known"]) == (0, 3)
    assert (count(installed.context, Photo), count(installed.context, Receipt)) == (2, 2)
    assert count(installed.context, AuditEntry, AuditEntry.action == "photo.upload") == 2


def test_the_summary_for_people_names_reasons_and_files(installed: Installation, folder: Path):
    volunteer(installed.context, name="vera")
    _, out, _ = installed.run("ingest", str(folder), "--as", "vera", max_upload_bytes=1024)
    lines = out.splitlines()
    assert lines[0] == "0 taken in, 0 known already, 5 refused"
    assert "  3 x file_too_large" in lines
    assert any(line.startswith(f"  {folder / 'a.jpg'}: The file is larger than 1024 bytes") for line in lines)


def test_photos_are_taken_in_only_under_an_active_volunteer(installed: Installation, folder: Path):
    volunteer(installed.context, name="gone", state=UserState.DISABLED)
    for name in ("gone", "nobody"):
        status, out, err = installed.run("ingest", str(folder), "--as", name)
        assert (status, out) == (1, "")
        assert err == f"homeward: There is no active volunteer account called {name}; photos are taken in under one.\n"
    assert count(installed.context, Photo) == 0


def test_wrong_usage_ends_with_two(installed: Installation, tmp_path: Path):
    assert installed.run("ingest", str(tmp_path / "absent"), "--as", "vera")[0] == 2
    assert installed.run("ingest", str(tmp_path))[0] == 2
    status, _, err = installed.run("work", "--once", batch_size=0)
    assert (status, "batch_size" in err, "Traceback" in err) == (2, True, False)


def test_settings_that_cannot_be_parsed_are_one_line(installed: Installation):
    file = installed.context.settings.data_dir / "homeward.toml"
    file.write_text('pack = "open')
    status, _, err = installed.run("work", "--once")
    assert status == 2
    assert err.startswith("homeward: homeward.toml cannot be read: ")
    assert err.count("\n") == 1
    file.unlink()
    status, _, err = installed.run("work", "--once", providers="CPUExecutionProvider")
    assert (status, "providers" in err, err.count("\n")) == (2, True, 1)


def test_settings_of_the_service_in_the_same_file_are_passed_over_and_own_ones_are_read(installed: Installation):
    file = installed.context.settings.data_dir / "homeward.toml"
    file.write_text('hotline = "116 000"\nport = 8123\n')
    file.chmod(0o600)
    assert installed.run("work", "--once")[0] == 0
    file.write_text('hotline = "116 000"\npack = "no_such"\n')
    status, _, err = installed.run("work", "--once")
    assert (status, "no_such" in err) == (1, True)


def test_a_missing_key_is_one_line(installed: Installation):
    installed.context.settings.key_file.unlink()
    status, out, err = installed.run("work", "--once")
    assert (status, out) == (1, "")
    assert err.startswith("homeward: There is no key file at ")
    assert err.count("\n") == 1


def test_an_unknown_pack_is_one_line_and_claims_nothing(installed: Installation):
    take_in(installed.context, volunteer(installed.context), drawn_photo())
    status, _, err = installed.run("work", "--once", pack="no_such")
    assert status == 1
    assert err == "homeward: There is no pack called no_such; `homeward packs list` shows those known here.\n"
    assert count(installed.context, Photo, Photo.state == PhotoState.PENDING) == 1


def test_work_once_works_until_nothing_waits_and_logs_plain_json(installed: Installation):
    actor = volunteer(installed.context)
    for seed in range(2):
        take_in(installed.context, actor, face_photo(seed))
    with installed.start("work", "--once") as process:
        out, err = process.communicate(timeout=120)
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert (process.returncode, out) == (0, "")
    assert events == ["worker_started", "photo_done", "photo_done", "worker_stopped"]
    assert count(installed.context, Photo, Photo.state == PhotoState.DONE) == 2


def test_the_gallery_is_loaded_rebuilt_and_told_of(installed: Installation):
    take_in(installed.context, volunteer(installed.context), face_photo(1))
    Worker(installed.context, Event()).run(once=True)
    told = {"pack": "open", "pack_id": installed.context.pack.info.id, "faces": 1, "last_change": 1}
    steps = ["status", "rebuild", "status"]
    answers = [installed.run("gallery", step, "--json") for step in steps]
    assert [status for status, _, _ in answers] == [0, 0, 0]
    assert [json.loads(out) for _, out, _ in answers] == [
        told | {"outcome": "snapshot_missing"},
        told | {"outcome": "snapshot_missing"},
        told | {"outcome": "loaded"},
    ]
    (body,) = installed.context.settings.snapshot_dir.glob("*.sealed*")
    body.write_bytes(body.read_bytes()[:-1] + b"?")
    status, out, _ = installed.run("gallery", "status")
    assert (status, "snapshot_damaged" in out) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_photo_under_way_be_finished(installed: Installation, number: signal.Signals):
    actor = volunteer(installed.context)
    for seed in range(8):
        take_in(installed.context, actor, face_photo(seed))
    with installed.start("work") as process:
        assert process.stderr is not None
        while "photo_done" not in process.stderr.readline():
            assert process.poll() is None
        os.kill(process.pid, number)
        began = time.monotonic()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert time.monotonic() - began < 30
    assert json.loads(err.splitlines()[-1])["event"] == "worker_stopped"
    left = count(installed.context, Photo, Photo.state == PhotoState.PENDING)
    assert count(installed.context, Photo, Photo.state == PhotoState.DONE) + left == 8
    assert left > 0
    assert count(installed.context, Photo, Photo.leased_until.is_not(None)) == 0
    assert count(installed.context, Photo, Photo.alone) == 0
