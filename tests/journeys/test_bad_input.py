"""Whatever is wrong with a file, a snapshot, a key or a pack: said plainly, and nothing is stored half."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from sqlalchemy import func, select
from structlog.testing import capture_logs

from app.demo.accounts import Accounts, make_accounts
from app.demo.installation import DemoFailed, Installation, free_port, fresh_installation
from app.demo.scenes import compose_scenes, harder_reference
from app.demo.story import CHECKLIST, Cast, Story
from app.house import open_house
from app.settings import ServiceSettings
from homeward_client import Client, Refused
from homeward_client.credentials import Credentials, save
from indexer.gallery.exact import ExactGallery
from indexer.gallery.snapshot import MANIFEST, write_snapshot
from indexer.keyring import KeyRing
from indexer.packs.base import Pack
from indexer.storage import LocalStore
from models.base import Base
from models.records import UploadCount
from models.session import Database, open_sqlite
from tests.app.conftest import running
from tests.attacks.hostile import webp_claiming
from tests.indexer.pictures import drawn_photo
from tests.journeys.commands import homeward_client, until

SEED = 38  # the fourth of its scenes shows three people
BAD_FILES = {
    "text.jpg": (b"This is not a picture.", "image_type_unsupported"),
    "empty.jpg": (b"", "image_empty"),
    "bomb.webp": (webp_claiming(16384, 8000), "image_too_large"),
    "cut.jpg": (drawn_photo()[:-2000], "image_corrupt"),
}


@dataclass(frozen=True)
class Town:
    """A running installation, its people, and the sample people of its streets."""

    installation: Installation
    people: Accounts
    cast: Cast

    @property
    def settings(self) -> ServiceSettings:
        place = self.installation.environment
        return ServiceSettings(
            data_dir=Path(place["HOMEWARD_DATA_DIR"]),
            key_file=Path(place["HOMEWARD_KEY_FILE"]),
            pack_dir=Path(place["HOMEWARD_PACK_DIR"]),
        )

    @contextmanager
    def database(self) -> Iterator[Database]:
        opened = open_sqlite(self.settings.database_file, KeyRing.load(self.settings.key_file).database_key)
        with closing(opened):
            yield opened

    def stored(self) -> dict[str, Any]:
        """How many rows each table has, and every stored file. That a file was refused is counted, and nothing else."""
        with self.database() as database, database.reading() as session:
            tables = [table for table in Base.metadata.sorted_tables if table.name != UploadCount.__tablename__]
            rows = {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}
        return rows | {"files": sorted(LocalStore(self.settings.blobs).names())}

    def open_case(self) -> str:
        return str(self.people.case_worker.client.cases.open(child_name="Planted Child", **CHECKLIST)["id"])

    def beside(self, folder: Path, **settings: object) -> Installation:
        """A second service or command on the same data."""
        more = {f"HOMEWARD_{name.upper()}": str(value) for name, value in settings.items()}
        kept = ("HOMEWARD_DATA_DIR", "HOMEWARD_KEY_FILE", "HOMEWARD_PACK_DIR")
        same = {name: self.installation.environment[name] for name in kept}
        folder.mkdir(exist_ok=True)
        return Installation(folder, free_port(), same | more)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, packs_folder: Path, pack: Pack) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("bad-input") / "town"
    installation = fresh_installation(folder, {"HOMEWARD_PACK_DIR": str(packs_folder)})
    founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
    with (
        installation.running("work"),
        installation.serving(),
        closing(make_accounts(installation, founding)) as people,
    ):
        yield Town(installation, people, Cast.of(pack))


def written(folder: Path, content: bytes, name: str = "photo.jpg") -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return file


def test_files_that_are_no_photos_are_refused_by_name_and_leave_nothing(town: Town, tmp_path: Path) -> None:
    case = town.open_case()
    for name, (content, _) in BAD_FILES.items():
        written(tmp_path / "camera", content, name)
    token = town.people.volunteer.client.token
    assert token is not None
    (tmp_path / "home" / "homeward-client").mkdir(parents=True)
    save(Credentials(town.installation.url, token), tmp_path / "home" / "homeward-client" / "credentials.json")
    before = town.stored()

    sent = homeward_client(tmp_path / "home", "upload", str(tmp_path / "camera"), "--json")
    answer = json.loads(sent.stdout)
    codes = {Path(row["file"]).name: row["code"] for row in answer["refused"]}
    assert (sent.returncode, answer["sent"], "Traceback" in sent.stderr) == (1, [], False)
    assert codes == {name: code for name, (_, code) in BAD_FILES.items()}
    assert all(len(row["detail"]) > 20 for row in answer["refused"])
    for name, (_, code) in BAD_FILES.items():
        with pytest.raises(Refused) as refused:
            town.people.case_worker.client.cases.add_reference(case, tmp_path / "camera" / name, age_years=5)
        assert refused.value.code == code
    assert town.stored() == before


def test_a_photo_without_a_face_is_processed_and_says_what_would_help(town: Town, tmp_path: Path) -> None:
    photos = town.people.volunteer.client.photos
    sent = photos.upload(written(tmp_path, drawn_photo(5))).id
    until(lambda: photos.status(sent).status != "pending")
    told = photos.status(sent)
    assert (told.status, told.faces_found, len(told.reasons)) == ("processed", 0, 1)
    assert "face" in told.reasons[0]


def test_the_demo_says_when_no_reference_of_yours_shows_a_face(town: Town) -> None:
    said = StringIO()
    story = Story(town.installation, town.people, Console(file=said, width=200))
    with pytest.raises(DemoFailed, match="no face was found in any of the references"):
        story.open_case("Planted Child", [drawn_photo(7), b"no picture"], age_years=None)
    assert said.getvalue().count("a reference was of no use: ") == 1
    assert said.getvalue().count("a reference was refused: ") == 1


def test_a_reference_with_three_faces_asks_which_one_and_waits(town: Town, tmp_path: Path) -> None:
    cases, case = town.people.case_worker.client.cases, town.open_case()
    three = compose_scenes(town.cast.group, 4, SEED)[3]
    asked = cases.add_reference(case, written(tmp_path, three.jpeg), age_years=30)
    assert (asked["state"], [face["number"] for face in asked["faces"]]) == ("needs_face", [0, 1, 2])
    with pytest.raises(Refused) as refused:
        cases.choose_face(case, asked["id"], 3)
    assert refused.value.code == "face_number_unknown"
    assert [row["state"] for row in cases.references(case)] == ["needs_face"]
    assert cases.choose_face(case, asked["id"], 1)["state"] == "ready"


def test_a_foreign_or_damaged_snapshot_is_made_anew_and_the_answers_stay(town: Town, tmp_path: Path) -> None:
    cases, case = town.people.case_worker.client.cases, searchable_case(town, tmp_path)
    answer = ranked(cases.search(case, "before"))
    assert answer != []
    directory = town.settings.snapshot_dir
    key = KeyRing.load(town.settings.key_file).snapshot_key

    foreign = ExactGallery("f" * 64, 128)
    foreign.add(np.array([1], np.int64), np.eye(1, 128, dtype=np.float32))
    write_snapshot(directory, foreign, 1, key)
    assert answers_again(town, case) == ("snapshot_foreign", answer)

    (body,) = directory.glob("*.sealed")
    flipped = bytearray(body.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    body.write_bytes(flipped)
    assert answers_again(town, case) == ("snapshot_damaged", answer)


def searchable_case(town: Town, folder: Path) -> str:
    """A case whose child is in a street photo that the running service searches."""
    case, admin = town.open_case(), town.people.admin.client.administration
    scene = compose_scenes(town.cast.group, 2, SEED)[1]
    photo = town.people.volunteer.client.photos.upload(written(folder, scene.jpeg)).id
    reference = harder_reference(town.cast.group[scene.people[0]], 1)
    town.people.case_worker.client.cases.add_reference(case, written(folder, reference), age_years=30)
    supervision = town.people.supervisor.client.supervision
    supervision.approve_case(case, supervision.case(case)["version"])
    until(lambda: town.people.volunteer.client.photos.status(photo).status == "processed")
    until(lambda: admin.gallery()["lag"] == 0)
    return case


def answers_again(town: Town, case: str) -> tuple[str, list[tuple[int, str, float]]]:
    """A fresh service on the same data: how it says its gallery came to be, and what it answers.

    It ends only once it has written a new snapshot in place of the unusable one.
    """
    manifest = town.settings.snapshot_dir / MANIFEST
    unusable = manifest.read_bytes()
    with capture_logs() as said, open_house(town.settings) as house, running(house) as service:
        assert house.follower.wait_ready(60)
        with Client(service.url, town.people.case_worker.client.token) as client:
            answer = ranked(client.cases.search(case, "after"))
        until(lambda: manifest.read_bytes() != unusable)
    (recovered,) = [line for line in said if line["event"] == "gallery_recovered"]
    return recovered["outcome"], answer


def ranked(answer: dict[str, Any]) -> list[tuple[int, str, float]]:
    return [(row["rank"], row["id"], row["score"]) for row in answer["candidates"]]


def test_a_wrong_key_file_ends_the_service_in_one_line_and_touches_nothing(town: Town, tmp_path: Path) -> None:
    wrong = tmp_path / "keys" / "master.key"
    KeyRing.create(wrong)
    before = town.stored()
    ended = run(town.beside(tmp_path / "beside", key_file=wrong), "serve")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith(f"homeward: The database {town.settings.database_file} cannot be opened")
    assert town.stored() == before


def run(installation: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = installation.command(*arguments)
    return subprocess.run(command, env=installation.environment, capture_output=True, text=True, check=False)


def test_a_pack_that_is_not_installed_ends_the_job_in_one_line(town: Town, tmp_path: Path) -> None:
    before = town.stored()
    ended = run(town.beside(tmp_path / "beside", pack="buffalo_l"), "work", "--once")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert "run `homeward packs install buffalo_l --accept-license`" in ended.stderr
    assert town.stored() == before


def test_a_service_without_its_pack_says_so_and_asks_no_network(town: Town, asked_outside: list[object]) -> None:
    case = town.open_case()
    before = town.stored()
    settings = town.settings.model_copy(update={"pack": "buffalo_l"})
    with open_house(settings) as house, running(house) as service:
        worker = service.client(town.people.case_worker.client.token)
        waiting = worker.get("/readyz")
        refused = worker.post(f"/v1/cases/{case}/references", files={"file": drawn_photo(6)}, data={"age_years": 5})
    assert (waiting.status_code, waiting.json()["code"]) == (503, "gallery_not_ready")
    assert (refused.status_code, refused.json()["code"]) == (503, "pack_missing")
    assert town.stored() == before
    assert asked_outside == []


@pytest.fixture
def asked_outside(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Denies this process every address but this machine's own, and tells which were tried."""
    tried: list[object] = []
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            tried.append(address)
            raise OSError("no network in this test")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried
