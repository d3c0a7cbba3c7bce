"""A case worker at a desk: a case step by step, photos sent with progress, the child's face chosen by a click."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browsers, Site
from tests.indexer.reference_pictures import blurred_face, no_face, one_face, three_faces

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Photos as a parent brings them, by what is in them."""
    folder: Path = tmp_path_factory.mktemp("album")
    pictures = {"one": one_face(1), "three": three_faces(), "blurred": blurred_face(), "none": no_face(120, 90)}
    for name, picture in pictures.items():
        (folder / f"{name}.jpg").write_bytes(picture)
    (folder / "words.jpg").write_bytes(b"no picture")
    return {file.stem: str(file) for file in folder.iterdir()}


def test_a_case_is_opened_and_filled(browsers: Browsers, site: Site, album: dict[str, str]) -> None:
    worker = browsers.of(site.people.case_worker)
    page = worker.go("/cases")
    worker.shows("cases-none")
    page.get_by_role("main").get_by_role("link", name="Open a case").click()
    worker.shows("case-new")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("The child's name")).to_be_focused()
    page.get_by_label("The child's name").fill("Mei Lin")
    page.get_by_label("Born on").fill("2015-01-02")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who asked, and who consented")).to_be_focused()
    page.get_by_label("Who asked for the search").fill("The father")
    worker.shows("case-new-second-step")
    page.get_by_role("button", name="Save, and add photos").click()

    expect(page.get_by_text("Choose several at once")).to_be_visible()
    page.get_by_label("Photo", exact=True).set_input_files([album[name] for name in ("three", "one", "none", "words")])
    uploads = page.locator(".upload")
    uploads.nth(0).get_by_label("Age in years").fill("2.5")
    uploads.nth(1).get_by_label("Taken on").fill("2014-01-01")
    uploads.nth(2).get_by_label("Age in years").fill("1")
    worker.shows("case-photos-chosen")
    worker.watch.expected = [415, 422]
    page.get_by_role("button", name="Send all").click()
    expect(uploads.nth(3).get_by_text("The file is not a JPEG")).to_be_visible(timeout=30_000)
    expect(uploads.nth(0).get_by_text("Several faces were found")).to_be_visible()
    expect(uploads.nth(0).locator(".boxes .box")).to_have_count(3)
    expect(uploads.nth(1).get_by_text("before the child was born")).to_be_visible()
    expect(uploads.nth(2).get_by_text("No face was found")).to_be_visible()
    worker.shows("case-photos-refused")
    uploads.nth(3).get_by_role("button", name="Take off the list").click()
    uploads.nth(1).get_by_label("Taken on").fill("2019-01-01")
    uploads.nth(1).get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("All photos were sent.", timeout=30_000)

    uploads.nth(0).get_by_role("link", name="Look at it").click()
    page.locator(".boxes [data-face='2']").click()
    expect(page.get_by_label("Face 3")).to_be_checked()
    worker.shows("case-reference")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".timeline .age")).to_have_text(["age 1", "age 2.5", "age 4"])
    worker.shows("case-waiting")
    page.get_by_role("link", name="Close the case").click()
    worker.shows("case-close")


def test_without_scripts_a_reference_is_added_all_the_same(
    browsers: Browsers, site: Site, album: dict[str, str]
) -> None:
    worker = browsers.of(site.people.case_worker, scripts=False)
    page = worker.go("/cases/new")
    page.get_by_label("The child's name").fill("Bo Lin")
    page.get_by_role("button", name="Save, and add photos").click()
    page.get_by_label("Photo", exact=True).set_input_files(album["blurred"])
    page.get_by_label("Age in years").fill("3")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The face is blurred: a sharper photo")).to_be_visible(timeout=30_000)
