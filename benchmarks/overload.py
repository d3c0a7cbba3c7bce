"""More than the service can do for a minute: 200 people search and 50 upload at once, 100,000 photos in the queue.

The gallery is empty but for a demo's scenes: what is measured is how the service shares itself out, not the search
(`galleries` and `standing` do that). Those who ask run on the same machine and take their share of it.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import httpx
from sqlalchemy import insert

from app.demo.accounts import Account, make_accounts
from app.demo.installation import Installation, fresh_installation
from app.demo.scenes import compose_scenes, harder_reference
from app.demo.story import CHECKLIST, Cast
from indexer.claims import claim_batch
from indexer.context import open_context
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings
from models.records import Photo
from models.types import now

SECONDS, SEARCHERS, UPLOADERS, QUEUE = 60, 200, 50, 100_000
RECOVERED_SECONDS = 0.1  # an answer as quick as that, and all is well again
QUOTAS = ("PHOTOS_PER_VOLUNTEER_A_DAY", "SEARCHES_PER_CASE_A_DAY", "SEARCHES_PER_WORKER_A_DAY")


@dataclass
class Load:
    """What was answered, and how long it took (seconds), by kind."""

    until: float = 0
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    times: dict[str, list[float]] = field(default_factory=dict)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, kind: str, ask: Callable[[], httpx.Response], pause: float = 0.0) -> None:
        """Ask until the time is over; who is asked to come back later does."""
        while time.monotonic() < self.until:
            began = time.perf_counter()
            try:
                answer = ask()
                status, wait = answer.status_code, float(answer.headers.get("Retry-After", pause))
            except httpx.TransportError:
                status, wait = 0, 1.0
            self._note(kind, status, time.perf_counter() - began)
            time.sleep(min(wait, max(self.until - time.monotonic(), 0)))

    def _note(self, kind: str, status: int, seconds: float) -> None:
        with self._one:
            self.answers[kind, status] += 1
            if status < httpx.codes.BAD_REQUEST:
                self.times.setdefault(kind, []).append(seconds)

    def tell(self) -> None:
        for kind, times in sorted(self.times.items()):
            cuts = quantiles(times, n=100)
            counts = {status: count for (of, status), count in sorted(self.answers.items()) if of == kind}
            print(
                f"  {kind}: answers {counts}; median {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s, worst {max(times):.2f} s"
            )


def measure() -> None:
    with TemporaryDirectory() as folder:
        installation = fresh_installation(Path(folder) / "bench", {f"HOMEWARD_{each}": "1000000" for each in QUOTAS})
        founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
        with installation.serving() as process, closing(make_accounts(installation, founding)) as people:
            case, photo = _a_case(installation, people.case_worker, people.supervisor)
            _fill_queue(installation)
            load, resident = Load(), [_resident(process.pid)]
            for _half in range(2):
                load.until = time.monotonic() + SECONDS / 2
                _everybody(installation, load, people.case_worker, people.volunteer, case, photo)
                resident.append(_resident(process.pid))
            recovered = _recovered(installation)
    print(f"{SEARCHERS} searching and {UPLOADERS} uploading for {SECONDS} s, {QUEUE:,} photos waiting, SQLite:")
    load.tell()
    print(f"  quick again after {recovered:.1f} s (goal: under 10 s)")
    print("  the service's memory before, after half and at the end:", *(f"{each >> 20} MB" for each in resident))


def _a_case(installation: Installation, worker: Account, supervisor: Account) -> tuple[str, Callable[[], bytes]]:
    """An approved case, and a maker of photos that are all different."""
    cast = Cast.of(load_pack(IndexerSettings(data_dir=installation.folder / "data")))
    jpeg = next(iter(compose_scenes(cast.group, 1, 7))).jpeg
    file = installation.folder / "reference.jpg"
    file.write_bytes(harder_reference(cast.child, 1))
    case = str(worker.client.cases.open(child_name="Bench child", **CHECKLIST)["id"])
    worker.client.cases.add_reference(case, file, age_years=30)
    shown = supervisor.client.supervision.case(case)
    supervisor.client.supervision.approve_case(case, shown["version"])
    return case, lambda: jpeg + secrets.token_bytes(16)  # what follows a JPEG's end is another digest, no other picture


def _fill_queue(installation: Installation) -> None:
    """Rows as an upload writes them, without bytes: no worker is there to ask for these."""
    folder = installation.folder
    settings = IndexerSettings(data_dir=folder / "data", key_file=folder / "key" / "master.key")
    with open_context(settings) as context:
        with context.database.writing() as session:
            for rows in _rows():
                session.execute(insert(Photo), rows)
        began = time.perf_counter()
        with context.database.writing() as session:
            claim_batch(session, 8, 60)
        print(f"a worker claims 8 photos of {QUEUE:,} waiting in {(time.perf_counter() - began) * 1000:.0f} ms")


def _rows() -> Iterator[list[dict[str, object]]]:
    for _ in range(QUEUE // 1000):
        yield [
            {
                "digest": secrets.token_bytes(32),
                "wrapped_key": secrets.token_bytes(60),
                "blob_name": f"bench/{secrets.token_hex(16)}",
                "sealed_exif": b"",
                "width": 640,
                "height": 480,
                "queued_at": now(),
            }
            for _ in range(1000)
        ]


def _everybody(
    installation: Installation, load: Load, worker: Account, volunteer: Account, case: str, photo: Callable[[], bytes]
) -> None:
    many = httpx.Limits(max_connections=SEARCHERS + UPLOADERS + 1)
    with (
        httpx.Client(base_url=installation.url, timeout=SECONDS, limits=many) as client,
        ThreadPoolExecutor(SEARCHERS + UPLOADERS + 1) as pool,
    ):

        def search() -> httpx.Response:
            return client.post(f"/v1/cases/{case}/searches", json={"reason": "bench"}, headers=_as(worker))

        def upload() -> httpx.Response:
            return client.post("/v1/photos", files={"file": ("x.jpg", photo())}, headers=_as(volunteer))

        for number in range(SEARCHERS + UPLOADERS):
            kind, ask = ("search", search) if number < SEARCHERS else ("upload", upload)
            pool.submit(load.keep, kind, ask)
        pool.submit(load.keep, "health", lambda: client.get("/livez"), 0.2)


def _as(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.client.token}"}


def _recovered(installation: Installation) -> float:
    """Seconds until three answers in a row are quick."""
    began, quick = time.monotonic(), 0
    with httpx.Client(base_url=installation.url, timeout=60) as client:
        while quick < 3:
            asked = time.perf_counter()
            ready = client.get("/readyz").status_code == httpx.codes.OK
            quick = quick + 1 if ready and time.perf_counter() - asked < RECOVERED_SECONDS else 0
    return time.monotonic() - began


def _resident(process: int) -> int:
    """Bytes of its memory that are in use."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096
