"""The main job, whole, as an operator runs it: `init`, `serve` and `work` are processes of their own."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo.accounts import Accounts, make_accounts
from app.demo.eyes import Eyes, review_everything
from app.demo.installation import Installation, fresh_installation
from app.demo.scenes import Scene, compose_scenes, harder_reference
from app.demo.story import CHECKLIST, Cast
from homeward_client import Refused
from indexer.packs.base import Pack

pytestmark = pytest.mark.slow

HANG_SECONDS = 60  # a guard, no promise: `make bench` prints the time
PLACE, NOTE = "Planted Market Gate", "planted note"


@dataclass(frozen=True)
class Town:
    """A running installation with its people, and what the volunteer has seen."""

    installation: Installation
    accounts: Accounts
    cast: Cast
    scenes: list[Scene]
    photos: list[str]


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, packs_folder: Path, pack: Pack
) -> Iterator[Installation]:
    more = {"HOMEWARD_PACK_DIR": str(packs_folder)}
    if request.param == "postgresql":
        more["HOMEWARD_DATABASE_URL"] = request.getfixturevalue("postgresql_url")
    return fresh_installation(tmp_path / "town", more)


@pytest.fixture
def town(installation: Installation, pack: Pack, tmp_path: Path) -> Iterator[Town]:
    founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
    cast = Cast.of(pack)
    scenes = compose_scenes(cast.group, 4, seed=3)
    with (
        installation.serving(),
        installation.running("work"),
        closing(make_accounts(installation, founding)) as accounts,
    ):
        yield _town(installation, accounts, cast, scenes, tmp_path)


def _town(installation: Installation, accounts: Accounts, cast: Cast, scenes: list[Scene], folder: Path) -> Town:
    """Once every scene was uploaded, worked on, and is in the running service's gallery."""
    photos = [_upload(accounts, folder, scene) for scene in scenes]
    admin = accounts.admin.client.administration
    _until(lambda: admin.stats()["photos_by_state"]["done"] == len(scenes))
    _until(lambda: admin.gallery()["lag"] == 0)
    return Town(installation, accounts, cast, scenes, photos)


def _upload(accounts: Accounts, folder: Path, scene: Scene) -> str:
    file = folder / "photo.jpg"
    file.write_bytes(scene.jpeg)
    return str(accounts.volunteer.client.photos.upload(file, place=PLACE, note=NOTE, latitude=28.6, longitude=77.2).id)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the worker or the service's gallery did not follow"
        time.sleep(0.05)


def _open_case(town: Town, folder: Path) -> str:
    worker = town.accounts.case_worker.client
    person = town.cast.group[town.scenes[0].people[0]]
    case = worker.cases.open(child_name="Planted Child", **CHECKLIST)["id"]
    for seed in (1, 2):
        file = folder / f"reference-{seed}.jpg"
        file.write_bytes(harder_reference(person, seed))
        assert worker.cases.add_reference(case, file, age_years=30)["state"] == "ready"
    return str(case)


def test_from_a_street_photo_to_an_outcome(town: Town, tmp_path: Path) -> None:
    people, worker = town.accounts, town.accounts.case_worker.client
    case = _open_case(town, tmp_path)
    with pytest.raises(Refused) as refused:
        worker.cases.search(case, "before approval")
    assert refused.value.code == "case_not_approved"

    people.supervisor.client.supervision.approve_case(case)
    found = worker.cases.search(case, "journey")
    shown = str(found)
    assert [row["rank"] for row in found["candidates"]] == list(range(1, len(found["candidates"]) + 1))
    assert not any(planted in shown for planted in (PLACE, NOTE, "28.6", "77.2", "demo-volunteer", *town.photos))

    eyes = Eyes(_pack_of(town), [*town.cast.group, town.cast.stranger])
    while sum(review_everything(reviewer, eyes) for reviewer in people.reviewers):
        pass
    states = {row["rank"]: row["state"] for row in worker.cases.candidates(case)}
    assert states[1] == "confirmed"  # both reviewers know the sample people: rank 1 is the true face

    packet = _release(town)
    assert [source["place"] for source in packet["sources"]] == [PLACE]
    assert "demo-volunteer" not in str(packet)
    photo = people.supervisor.client.supervision.face(packet["candidate_id"], packet["photo_number"])
    assert photo.startswith(b"\xff\xd8")
    people.supervisor.client.supervision.record_outcome(packet["candidate_id"], "reunited", "documents")
    notes = [row["state_note"] for row in worker.cases.candidates(case) if row["state"] == "released"]
    assert [note.startswith("released to Journey police on ") for note in notes] == [True]


def _pack_of(town: Town) -> Pack:
    from indexer.packs.catalogue import load_pack
    from indexer.settings import IndexerSettings

    return load_pack(IndexerSettings(pack_dir=Path(town.installation.more["HOMEWARD_PACK_DIR"])))


def _release(town: Town) -> dict:
    first, second = town.accounts.supervisor, town.accounts.second_supervisor
    command = ("users", "authorities")
    (added,) = town.installation.run_json(*command, "add", "Journey police", "--contact", "desk", "--as", first.name)
    town.installation.run(*command, "agree", added["id"], "--as", second.name)
    candidate = first.client.supervision.candidates("confirmed")[0]["id"]
    first.client.supervision.release(candidate, added["id"], "journey")
    with pytest.raises(Refused) as refused:
        first.client.supervision.agree(candidate, added["id"])
    assert refused.value.code == "same_person"
    return second.client.supervision.agree(candidate, added["id"])


def test_a_withdrawn_photo_is_gone_from_the_next_search_and_the_log_is_whole(town: Town, tmp_path: Path) -> None:
    case = _open_case(town, tmp_path)
    town.accounts.supervisor.client.supervision.approve_case(case)
    worker, volunteer = town.accounts.case_worker.client, town.accounts.volunteer.client
    assert worker.cases.search(case, "before")["candidates"] != []
    for photo in town.photos:
        volunteer.photos.withdraw(photo)
    assert worker.cases.search(case, "after")["candidates"] == []
    assert {photo.status for photo in volunteer.photos.all()} == {"withdrawn"}
    town.installation.run("audit", "verify")


def test_service_and_worker_end_at_once_and_well(installation: Installation) -> None:
    installation.run("init", "--retention", "12", "--key-copied")
    log = installation.folder / "work.log"
    with installation.serving(), installation.running("work") as worker:
        _until(lambda: b"worker_started" in log.read_bytes())
        worker.terminate()
        assert worker.wait(timeout=HANG_SECONDS) == 0
