"""A volunteer with a phone: photos wait while there is no network, and are sent when there is one again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.demo.scenes import compose_scenes
from app.demo.story import Cast
from indexer.packs.base import Pack
from tests.browser.conftest import A_DAY, Browsers, Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def street_photos(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("camera")
    files = []
    for number, scene in enumerate(compose_scenes(Cast.of(pack).group, 3, 77)):
        files.append(folder / f"IMG_{number}.jpg")
        files[-1].write_bytes(scene.jpeg)
    return files


def test_photos_wait_on_the_phone_until_they_are_safe(
    browsers: Browsers, site: Site, street_photos: list[Path], tmp_path: Path
) -> None:
    volunteer = browsers.of(site.people.volunteer, phone=True)
    page = volunteer.go("/photos")
    volunteer.shows("photos-none")
    page.get_by_label("Photos", exact=True).set_input_files([str(file) for file in street_photos[:2]])
    page.get_by_text("What you know about them").click()
    page.get_by_label("Place").fill("Station, platform 2")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("All are sent and safe.")).to_be_visible(timeout=30_000)
    volunteer.until("navigator.serviceWorker.controller !== null")

    volunteer.context.set_offline(True)
    volunteer.watch.forgiven = ("ERR_INTERNET_DISCONNECTED",)
    page.goto(f"{site.url}/photos")
    expect(page.get_by_text("There is no network. Take photos all the same")).to_be_visible()
    (tmp_path / "notes.jpg").write_bytes(b"no picture")
    waiting = [str(street_photos[2]), str(tmp_path / "notes.jpg")]
    page.get_by_label("Photos", exact=True).set_input_files(waiting)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("They are sent once there is one")).to_be_visible()
    expect(page.locator("#queue-list li")).to_have_count(2)
    volunteer.shows("photos-offline")
    page.reload()
    expect(page.locator("#queue-list li")).to_have_count(2)

    volunteer.watch.expected = [415, 422]
    volunteer.context.set_offline(False)
    expect(page.get_by_text("Some were refused")).to_be_visible(timeout=30_000)
    expect(page.get_by_text(re.compile("Refused: The file is not a JPEG"))).to_be_visible()
    volunteer.shows("photos-refused")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#queue-list li")).to_have_count(0)
    page.get_by_role("link", name="Show what became of them").click()
    expect(page.locator(".sent > li")).to_have_count(3)
    volunteer.shows("photos-sent")
    page.locator(".sent > li").first.get_by_text("Take back", exact=True).click()
    page.get_by_role("button", name="Take this photo back").click()
    expect(page.get_by_text("taken back")).to_be_visible()
    page.get_by_role("link", name="This child is in danger now").click()
    volunteer.shows("photos-danger")


def test_what_is_too_much_for_a_day_waits_on_the_phone(
    browsers: Browsers, site: Site, street_photos: list[Path], tmp_path: Path
) -> None:
    volunteer = browsers.of(site.people.volunteer, phone=True)
    page = volunteer.go("/photos")
    volunteer.watch.expected = [415, 429]
    files = [tmp_path / f"note-{number}.jpg" for number in range(A_DAY + 1)]
    for number, file in enumerate(files):
        file.write_text(f"no picture {number}")
    page.get_by_label("Photos", exact=True).set_input_files([str(file) for file in files])
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The service takes no more from you for now")).to_be_visible(timeout=30_000)
    kept = page.locator("#queue-list li", has_text="waits")
    assert 0 < kept.count() < A_DAY + 1
    volunteer.shows("photos-enough")
