"""Debian's Chromium before a running installation, and one browser for each person."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.demo.accounts import Account, Accounts, make_accounts
from app.demo.installation import Installation, fresh_installation
from tests.shared import missing

pytestmark = pytest.mark.browser
try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright
except ImportError:  # `make browser` installs them
    collect_ignore_glob = ["test_*.py"]

SHOTS = Path(os.environ.get("HOMEWARD_SHOTS", ".browser"))
COOKIE = "__Host-homeward"
DESKTOP, PHONE, NARROWEST = (1280, 800), (390, 844), 360
SCHEMES = ("light", "dark")
TOO_WIDE = f"""[...document.querySelectorAll('main *, header *')]
    .filter((each) => each.getBoundingClientRect().right > {NARROWEST} && !each.closest('.scroll'))
    .map((each) => `${{each.tagName}}.${{each.className}} ${{each.textContent.trim().slice(0, 40)}}`).slice(0, 5)"""
# Text over pictures of faces cannot be judged by a program, and axe says so; everything else counts.
AXE = {"resultTypes": ["violations"]}


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    found = shutil.which("chromium")
    if found is None:
        missing("Debian's Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


A_DAY = 12  # files of one volunteer


@dataclass(frozen=True)
class Site:
    """A running installation, and an account of each role."""

    installation: Installation
    people: Accounts
    worker: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return self.installation.url


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, packs_folder: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site") / "homeward"
    more = {"HOMEWARD_PACK_DIR": str(packs_folder), "HOMEWARD_POLL_SECONDS": "0.1", "HOMEWARD_SEEDED_SHARE": "0.5"}
    more["HOMEWARD_PHOTOS_PER_VOLUNTEER_A_DAY"] = str(A_DAY)
    installation = fresh_installation(folder, more)
    founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
    with (
        installation.serving(),
        installation.running("work") as worker,
        closing(make_accounts(installation, founding)) as people,
    ):
        yield Site(installation, people, worker)


@dataclass
class Watch:
    """What a browser complained about. A page that was refused on purpose is expected with `expect`."""

    complaints: list[str] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()  # words of messages that this test brings about

    def on_console(self, said: "ConsoleMessage") -> None:
        refused = any(f"status of {status}" in said.text for status in self.expected)
        refused = refused or any(words in said.text for words in self.forgiven)
        if said.type in ("error", "warning") and not refused:
            self.complaints.append(f"{said.type}: {said.text}")

    def on_response(self, answer: "Response") -> None:
        if answer.status >= 400 and answer.status not in self.expected:
            self.complaints.append(f"{answer.status} {answer.url}")


@dataclass
class Person:
    """One person's browser."""

    site: Site
    context: "BrowserContext"
    page: "Page"
    watch: Watch
    language: str

    def go(self, path: str) -> "Page":
        self.page.goto(self.site.url + path, wait_until="load")
        return self.page

    def until(self, holds: str) -> None:
        """Wait for an expression. Not by Playwright's own waiting, which evaluates text and so breaks our policy."""
        deadline = time.monotonic() + 10
        while not self.page.evaluate(holds):
            assert time.monotonic() < deadline, holds
            self.page.wait_for_timeout(50)

    def shows(self, name: str) -> None:
        """Keep pictures of the page, wide and narrow, light and dark; nothing on it may be out of reach of anyone."""
        folder = SHOTS / self.language
        folder.mkdir(parents=True, exist_ok=True)
        before = self.page.viewport_size
        self.until("[...document.images].every((image) => image.complete || image.loading === 'lazy')")
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            for device, (width, height) in {"desktop": DESKTOP, "phone": PHONE}.items():
                self.page.set_viewport_size({"width": width, "height": height})
                self.page.screenshot(path=folder / f"{name}-{device}-{scheme}.png", full_page=True)
            self._reachable(name)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": NARROWEST, "height": 740})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= NARROWEST, f"{name} is {wide} px wide on a phone of {NARROWEST}: {self.page.evaluate(TOO_WIDE)}"
        if before:
            self.page.set_viewport_size(before)

    def _reachable(self, name: str) -> None:
        found = Axe().run(self.page, options=AXE)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"


@dataclass
class Browsers:
    """Opens a browser for a person, and closes all of them."""

    chromium: "Browser"
    site: Site
    opened: list[Person] = field(default_factory=list)

    def of(self, account: Account | None, language: str = "en", phone: bool = False, scripts: bool = True) -> Person:
        width, height = PHONE if phone else DESKTOP
        context = self.chromium.new_context(
            viewport={"width": width, "height": height},
            has_touch=phone,
            reduced_motion="reduce",  # a picture taken halfway through a change shows nothing that anybody sees
            java_script_enabled=scripts,
            locale="zh-CN" if language == "zh" else "en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(15_000)
        if account is not None:
            _sign_in(context, account)
        page, watch = context.new_page(), Watch()
        page.on("console", watch.on_console)
        page.on("pageerror", lambda error: watch.complaints.append(str(error)))
        page.on("response", watch.on_response)
        person = Person(self.site, context, page, watch, language)
        self.opened.append(person)
        return person

    def close(self) -> None:
        complaints = [complaint for person in self.opened for complaint in person.watch.complaints]
        for person in self.opened:
            person.context.close()
        assert complaints == []


def _sign_in(context: "BrowserContext", account: Account) -> None:
    assert account.client.token is not None
    context.add_cookies(
        [
            {
                "name": COOKIE,
                "value": account.client.token,
                "domain": "localhost",
                "path": "/",
                "secure": True,
                "httpOnly": True,
                "sameSite": "Strict",
            }
        ]
    )


@pytest.fixture
def browsers(chromium: "Browser", site: Site) -> Iterator[Browsers]:
    opened = Browsers(chromium, site)
    yield opened
    opened.close()
