"""From a photo's 202 to a searchable face: service and worker as separate processes, as an operator runs them."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from app.demo.accounts import Accounts, make_accounts
from app.demo.installation import fresh_installation
from app.demo.scenes import compose_scenes
from app.demo.story import Cast
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings

PHOTOS = 12
GIVE_UP_SECONDS = 60


def measure() -> None:
    with TemporaryDirectory() as folder:
        installation = fresh_installation(Path(folder) / "bench")
        founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
        cast = Cast.of(load_pack(IndexerSettings(data_dir=installation.folder / "data")))
        scenes = compose_scenes(cast.group, PHOTOS, seed=5)
        with (
            installation.serving(),
            installation.running("work"),
            closing(make_accounts(installation, founding)) as accounts,
        ):
            times = [_one(accounts, Path(folder), scene.jpeg) for scene in scenes]
    times = times[2:]  # the first photos wait for the worker to load its pack
    print(f"{len(times)} photos, one after the other, `open` pack:")
    print(f"  202 to the worker's commit: median {median(done for done, _ in times):.2f} s")
    print(f"  commit to searchable in the running service: median {median(seen for _, seen in times):.2f} s")
    print(f"  202 to searchable: median {median(done + seen for done, seen in times):.2f} s")


def _one(accounts: Accounts, folder: Path, jpeg: bytes) -> tuple[float, float]:
    """Seconds from 202 to the commit, and from the commit until the service's gallery holds the faces."""
    admin = accounts.admin.client.administration
    file = folder / "photo.jpg"
    file.write_bytes(jpeg)
    done = admin.stats()["photos_by_state"]["done"]
    accounts.volunteer.client.photos.upload(file)
    accepted = time.perf_counter()
    _until(lambda: admin.stats()["photos_by_state"]["done"] > done)
    committed = time.perf_counter()
    _until(lambda: admin.gallery()["lag"] == 0)
    return committed - accepted, time.perf_counter() - committed


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the worker or the gallery did not follow")
        time.sleep(0.01)
