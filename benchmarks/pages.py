"""What a page weighs, and how long a reviewer waits for the first pair: service and worker as an operator runs them."""

import re
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from app.demo.accounts import Account, Accounts, make_accounts
from app.demo.installation import Installation, fresh_installation
from app.demo.scenes import compose_scenes, harder_reference
from app.demo.story import CHECKLIST, Cast
from app.pages.cookie import FORM_FIELD, SESSION_COOKIE
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings

STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')
IMPORTED = re.compile(r'from "\./([^"]+)"')
FACE = re.compile(r'<img class="face" src="(/review/[^"]+)"')
TOKEN = re.compile(rf'name="{FORM_FIELD}" value="([0-9a-f]+)"')


def measure() -> None:
    with TemporaryDirectory() as folder:
        installation = fresh_installation(Path(folder) / "bench")
        founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
        cast = Cast.of(load_pack(IndexerSettings(data_dir=installation.folder / "data")))
        with installation.serving(), closing(make_accounts(installation, founding)) as people:
            case = _a_searched_case(installation, people, cast, Path(folder))
            _print_weights(installation, people, case)
            waits = [_first_pair(installation, reviewer) for reviewer in people.reviewers for _ in range(5)]
    print(f"from asking for a pair to both faces, {len(waits)} times:")
    print(f"  median {median(waits):.2f} s, worst {max(waits):.2f} s (goal: under 1 s)")


def _a_searched_case(installation: Installation, people: Accounts, cast: Cast, folder: Path) -> str:
    file = folder / "photo.jpg"
    for scene in compose_scenes(cast.group, 12, 7):
        file.write_bytes(scene.jpeg)
        people.volunteer.client.photos.upload(file)
    installation.run("work", "--once")
    cases, supervision = people.case_worker.client.cases, people.supervisor.client.supervision
    case = str(cases.open(child_name="Bench child", **CHECKLIST)["id"])
    file.write_bytes(harder_reference(cast.child, 1))
    cases.add_reference(case, file, age_years=30)
    supervision.approve_case(case, supervision.case(case)["version"])
    while people.admin.client.administration.gallery()["lag"]:
        time.sleep(0.05)
    cases.search(case, "bench")
    return case


def _browser(installation: Installation, account: Account) -> httpx.Client:
    headers = {"Cookie": f"{SESSION_COOKIE}={account.client.token}", "Sec-Fetch-Site": "same-origin"}
    return httpx.Client(base_url=installation.url, headers=headers, timeout=30)


def _first_pair(installation: Installation, reviewer: Account) -> float:
    """Seconds from the button to the last byte of the second face; then the pair is answered, for the next one."""
    with _browser(installation, reviewer) as browser:
        token = _found(TOKEN, browser.get("/help").text)
        began = time.perf_counter()
        taken = browser.post("/review/next", data={FORM_FIELD: token})
        page = browser.get(taken.headers["location"])  # by hand: httpx sends no cookie of ours after a redirect
        faces = [browser.get(address) for address in FACE.findall(page.text)[:2]]
        waited = time.perf_counter() - began
        if [face.headers["content-type"] for face in faces] != ["image/jpeg"] * 2:
            raise ValueError("there were not two faces to compare")
        answer = {FORM_FIELD: token, "answer": "cannot_say"}
        browser.post(f"{page.url.path}/answer", data=answer)
    return waited


def _print_weights(installation: Installation, people: Accounts, case: str) -> None:
    print("bytes of a page with its style and scripts, faces left out (goal: under 200,000):")
    for account, path in (
        (people.volunteer, "/photos"),
        (people.case_worker, f"/cases/{case}"),
        (people.case_worker, f"/cases/{case}/references/new"),
        (people.reviewers[0], "/review"),
        (people.supervisor, "/supervision"),
        (people.admin, "/operations"),
        (people.admin, "/operations/accounts"),
    ):
        with _browser(installation, account) as browser:
            address = path
            if path == "/review":  # the workbench, not the page before it
                form = {FORM_FIELD: _found(TOKEN, browser.get("/help").text)}
                address = browser.post("/review/next", data=form).headers["location"]
            print(f"  {path.replace(case, '{case}'):32} {_weight(browser, address):>9,}")


def _weight(browser: httpx.Client, path: str) -> int:
    page = browser.get(path)
    weight, wanted, seen = len(page.content), STATIC.findall(page.text), set()
    while wanted:
        address = wanted.pop()
        if address not in seen:
            seen.add(address)
            file = browser.get(address)
            weight += len(file.content)
            wanted += [f"{address.rpartition('/')[0]}/{name}" for name in IMPORTED.findall(file.text)]
    return weight


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise ValueError("the page is not as expected")
    return found[1]
