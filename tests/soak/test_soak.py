"""Everybody at work for a while: nothing fails, nothing acknowledged is lost, the memory stays what it was.

`make soak` runs it for an hour (`MINUTES=...`); CI for half a minute.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import httpx
import pytest

from app.demo.accounts import Accounts, make_accounts
from app.demo.installation import Installation, fresh_installation
from app.demo.story import CHECKLIST
from tests.indexer.pictures import face_photo
from tests.journeys.commands import homeward, until

SECONDS = 60 * float(os.environ.get("HOMEWARD_SOAK_MINUTES", "0.5"))
UPLOADERS = 2
METRICS_KEY = "soak-metrics-key-of-this-run-alone"
HEALTH_SECONDS = 1.0  # ten times what is promised, as a hang guard
MOST_GROWTH = 120 * 2**20
"""What a process may hold more at the end than once it was warm: galleries grow, allocators keep what they had."""
WARM = 10  # photos and searches
DRAINED_SECONDS = 3600.0

pytestmark = [pytest.mark.soak, pytest.mark.timeout(SECONDS + DRAINED_SECONDS)]


@dataclass
class Town:
    """A service and a worker under load, and what was seen of them."""

    installation: Installation
    people: Accounts
    case_id: str
    serving: int
    working: int
    photos: list[UUID] = field(default_factory=list)
    searches: int = 0
    health: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def keep_sending(self, seeds: "count[int]") -> None:
        while not self.stop.is_set():
            seed = next(seeds)
            file = self.installation.folder / f"photo-{seed}.jpg"
            file.write_bytes(face_photo(seed))
            self.photos.append(self.people.volunteer.client.photos.upload(file).id)
            file.unlink()
            self.stop.wait(0.1)

    def keep_searching(self) -> None:
        while not self.stop.is_set():
            self.people.case_worker.client.cases.search(self.case_id, "soak")
            self.searches += 1
            self.stop.wait(0.2)

    def keep_looking(self) -> None:
        with httpx.Client(base_url=self.installation.url, timeout=30) as client:
            while not self.stop.is_set():
                began = time.monotonic()
                assert client.get("/livez").status_code == httpx.codes.OK
                self.health.append(time.monotonic() - began)
                self.stop.wait(0.1)

    def is_warm(self) -> bool:
        """Whether everything that is loaded once has been: models, the gallery, the decoders."""
        done = self.people.admin.client.administration.stats()["photos_by_state"]["done"]
        return bool(done >= WARM and self.searches >= WARM)

    def memory(self) -> tuple[int, int]:
        """Bytes of service and worker that are in memory."""
        return _resident(self.serving), _resident(self.working)


@pytest.fixture
def town(tmp_path: Path, packs_folder: Path) -> Iterator[Town]:
    more = {
        "HOMEWARD_PACK_DIR": str(packs_folder),
        "HOMEWARD_METRICS_KEY": METRICS_KEY,
        "HOMEWARD_PHOTOS_PER_VOLUNTEER_A_DAY": "1000000",
        "HOMEWARD_SEARCHES_PER_CASE_A_DAY": "1000000",
        "HOMEWARD_SEARCHES_PER_WORKER_A_DAY": "1000000",
    }
    installation = fresh_installation(tmp_path / "town", more)
    founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
    with ExitStack() as stack:
        serving = stack.enter_context(installation.serving())
        working = stack.enter_context(installation.running("work"))
        people = stack.enter_context(closing(make_accounts(installation, founding)))
        case_id = _open_case(people, tmp_path / "reference.jpg")
        yield Town(installation, people, case_id, serving.pid, working.pid)


def _open_case(people: Accounts, file: Path) -> str:
    worker, supervisor = people.case_worker.client, people.supervisor.client
    file.write_bytes(face_photo(10**6))
    case_id: str = worker.cases.open(child_name="Soak", **CHECKLIST)["id"]
    assert worker.cases.add_reference(case_id, file, age_years=8)["state"] == "ready"
    supervisor.supervision.approve_case(case_id, supervisor.supervision.case(case_id)["version"])
    return case_id


def test_a_town_at_work_loses_nothing_and_grows_no_more(town: Town) -> None:
    seeds = count()
    works: list[Callable[[], None]] = [lambda: town.keep_sending(seeds)] * UPLOADERS
    faults = run_for(SECONDS, [*works, town.keep_searching, town.keep_looking], town)
    assert faults == []
    assert min(len(town.photos), town.searches, len(town.health)) > 5
    assert quantiles(town.health, n=100)[94] < HEALTH_SECONDS
    assert len(set(town.photos)) == len(town.photos)
    until(lambda: _waiting(town) == 0, DRAINED_SECONDS)
    assert_nothing_failed(town)
    until(lambda: all(photo.status == "processed" for photo in town.people.volunteer.client.photos.all()))
    seen = list(town.people.volunteer.client.photos.all())
    assert sorted(photo.id for photo in seen) == sorted(town.photos)
    assert {photo.faces_found for photo in seen} == {1}
    until(lambda: town.people.admin.client.administration.gallery()["faces"] == len(town.photos))
    assert homeward(town.installation, "audit", "verify").exit_code == 0


def run_for(seconds: float, works: list[Callable[[], None]], town: Town) -> list[str]:
    """Everybody at once, until one of them meets an error; what went wrong, the memory's growth included."""
    with ThreadPoolExecutor(len(works)) as pool:
        under_way = [pool.submit(work) for work in works]
        until(lambda: town.is_warm() or any(each.done() for each in under_way), 300)
        before = town.memory()
        wait(under_way, seconds, FIRST_COMPLETED)
        after = town.memory()
        town.stop.set()
    failed = [repr(each.exception()) for each in under_way if each.exception()]
    grown = [now - then for now, then in zip(after, before, strict=True)]
    return failed + [f"grew by {each >> 20} MB" for each in grown if each > MOST_GROWTH]


def assert_nothing_failed(town: Town) -> None:
    """Of all answers the service counted; 503 is one that asks to come back."""
    bearer = {"Authorization": f"Bearer {METRICS_KEY}"}
    lines = httpx.get(f"{town.installation.url}/metrics", headers=bearer).raise_for_status().text.splitlines()
    failed = [line for line in lines if line.startswith("homeward_requests_total") and 'status="5' in line]
    assert [line for line in failed if 'status="503"' not in line] == []


def _waiting(town: Town) -> int:
    return int(town.people.admin.client.administration.stats()["queue"]["waiting"])


def _resident(process_id: int) -> int:
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
