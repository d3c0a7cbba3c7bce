"""Whether a clock or a ruler tells seeded pairs from others: waits and sizes of both kinds, as a browser has them."""

import io
import time
from collections import defaultdict
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from PIL import Image, ImageEnhance

from app.demo.accounts import Account, Accounts, make_accounts
from app.demo.installation import Installation, fresh_installation
from app.demo.scenes import compose_scenes
from app.demo.sources import Person
from app.demo.story import CHECKLIST, Cast
from app.pages.cookie import SESSION_COOKIE
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings

TICKED, SEARCHED = 40, 8
AGES = (4.0, 7.0, 10.0)
LARGER = 4
PATH = "/v1/review/assignments"

Waits = dict[str, dict[str, list[float]]]
"""Milliseconds, or bytes, by what was asked for and by kind: `real` or `seeded`."""


def measure() -> None:
    with TemporaryDirectory() as folder:
        installation = fresh_installation(Path(folder) / "bench", {"HOMEWARD_SEEDED_SHARE": "0.5"})
        founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
        cast = Cast.of(load_pack(IndexerSettings(data_dir=installation.folder / "data")))
        with installation.serving(), closing(make_accounts(installation, founding)) as people:
            _fill(installation, people, cast, Path(folder))
            seen: Waits = defaultdict(lambda: defaultdict(list))
            for reviewer in people.reviewers:
                _answer_all(installation, reviewer, seen)
    print(f"{TICKED} ticked cases of {len(AGES)} references; pairs: {_counts(seen)}")
    for what, kinds in seen.items():
        real, seeded = kinds["real"], kinds["seeded"]
        print(
            f"  {what:14} real {_spread(real)}   seeded {_spread(seeded)}   seeded is more: {_more(seeded, real):.0%}"
        )


def _fill(installation: Installation, people: Accounts, cast: Cast, folder: Path) -> None:
    file = folder / "picture.jpg"
    for scene in compose_scenes(cast.group, 12, 7):
        file.write_bytes(scene.jpeg)
        people.volunteer.client.photos.upload(file)
    installation.run("work", "--once")
    seeds = count()
    for number in range(TICKED + SEARCHED):
        case = _open_case(people, cast.group[number % len(cast.group)], number, seeds, file)
        if number >= TICKED:
            people.case_worker.client.cases.search(case, "bench")


def _open_case(people: Accounts, person: Person, number: int, seeds: "count[int]", file: Path) -> str:
    cases, supervision = people.case_worker.client.cases, people.supervisor.client.supervision
    own = {"child_name": f"Child {number}", "police_reference": f"P-{number}", "sex": "female"}
    case = str(cases.open(**CHECKLIST | own, may_test_reviewers=number < TICKED)["id"])
    for age in AGES if number < TICKED else AGES[1:]:  # seeded pairs show the younger looks: two either way
        file.write_bytes(_portrait(person, next(seeds)))
        cases.add_reference(case, file, age_years=age)
    supervision.approve_case(case, supervision.case(case)["version"])
    return case


def _portrait(person: Person, seed: int) -> bytes:
    """A good old photo, as families have them: large, each in another light, and no two alike."""
    image = Image.fromarray(person.pixels)
    image = image.resize((image.width * LARGER, image.height * LARGER), Image.Resampling.LANCZOS)
    image = ImageEnhance.Brightness(image.crop((seed, 0, *image.size))).enhance(0.9 + seed / 1000)
    with io.BytesIO() as file:
        image.save(file, "JPEG", quality=92)
        return file.getvalue()


def _answer_all(installation: Installation, reviewer: Account, seen: Waits) -> None:
    token = reviewer.client.token
    headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=installation.url, headers=headers, timeout=30) as browser:
        while True:
            waited, taken = _timed(browser, "POST", PATH)
            if taken.status_code != 201:
                return
            pair = taken.json()["id"]
            told = {"next pair, ms": waited}
            for what, path in {
                "page": f"/review/{pair}",
                "street face": f"/review/{pair}/faces/0",
                "old photo": f"/review/{pair}/faces/1",
            }.items():
                told[f"{what}, ms"], answer = _timed(browser, "GET", path)
                told[f"{what}, B"] = len(answer.content)
            locked = browser.post(f"{PATH}/{pair}/answer", json={"cannot_say": True}).json()
            for what, value in told.items():
                seen[what]["seeded" if locked["truth"] else "real"].append(value)


def _timed(browser: httpx.Client, method: str, path: str) -> tuple[float, httpx.Response]:
    time.sleep(0.02)
    began = time.perf_counter()
    answer = browser.request(method, path)
    return (time.perf_counter() - began) * 1000, answer


def _counts(seen: Waits) -> str:
    return ", ".join(f"{len(values)} {kind}" for kind, values in sorted(seen["next pair, ms"].items()))


def _spread(values: list[float]) -> str:
    low, middle, high = np.percentile(values, (10, 50, 90))
    return f"{middle:8.1f} ({low:.1f}-{high:.1f})"


def _more(seeded: list[float], real: list[float]) -> float:
    """Of a seeded and a real pair by chance, how often the seeded one has the larger: 50 % tells nothing."""
    one, other = np.array(seeded)[:, None], np.array(real)[None, :]
    return float(np.mean((one > other) + 0.5 * (one == other)))
