"""The whole way through the pages, in both languages: a phone's photo, a case, two who differ, a decision, a release.

Places on a page are named by what they send, not by their words: so the same test reads both languages.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from app.demo.scenes import compose_scenes, harder_reference
from app.demo.story import CHECKLIST, Cast
from indexer.packs.base import Pack
from tests.browser.conftest import Browsers, Person, Site

pytestmark = pytest.mark.browser

PLANTED = {
    "child": "Planted Childname",
    "place": "Plantedplace, platform 2",
    "note": "Plantednote, blue door",
    "police": "PLANTED-POLICE-2026-7",
    "comment": "Plantedcomment about a scar",
}
LATITUDE, LONGITUDE = 28.613912, 77.209021
AUTHORITY = "Police, missing persons"


@dataclass
class Ear:
    """Everything a browser received: bodies and headers."""

    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def listen(self, person: Person) -> None:
        person.context.route("**/*", self._pass)

    def _pass(self, route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.heard.append((route.request.url, headers.encode() + b"\n" + answer.body()))
        route.fulfill(response=answer)


@dataclass
class Pictures:
    street: list[Path]
    references: list[Path]
    known: list[Path]


@pytest.fixture(scope="module")
def pictures(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    """Street scenes with the child in some of them, other ones for each language, and two old prints."""
    folder, cast = tmp_path_factory.mktemp("pictures"), Cast.of(pack)
    found = Pictures([], [], [])
    scenes = [scene for scene in compose_scenes(cast.group, 40, 5) if cast.child.number in scene.people][:6]
    for number, scene in enumerate(scenes):
        found.street.append(folder / f"plantedfilename-{number}.jpg")
        found.street[-1].write_bytes(scene.jpeg)
    for number in range(2):
        found.references.append(folder / f"reference-{number}.jpg")
        found.references[-1].write_bytes(harder_reference(cast.child, number))
        found.known.append(folder / f"known-{number}.jpg")
        found.known[-1].write_bytes(harder_reference(cast.stranger, number))
    return found


@pytest.fixture(scope="module")
def ticked(site: Site, pictures: Pictures) -> str:
    """Another child, of whom seeded pairs may be made."""
    cases, supervision = site.people.case_worker.client.cases, site.people.supervisor.client.supervision
    own = {"child_name": "Known Child", "police_reference": "P-KNOWN", "may_test_reviewers": True}
    case = str(cases.open(**CHECKLIST | own)["id"])
    for age, picture in zip((4, 9), pictures.known, strict=True):
        cases.add_reference(case, picture, age_years=age)
    supervision.approve_case(case, supervision.case(case)["version"])
    return case


@pytest.fixture(scope="module")
def authority(site: Site) -> str:
    first, second = site.people.supervisor.name, site.people.second_supervisor.name
    command = ("users", "authorities")
    (added,) = site.installation.run_json(*command, "add", AUTHORITY, "--contact", "desk 3", "--as", first)
    site.installation.run(*command, "agree", added["id"], "--as", second)
    return str(added["id"])


def press(page: Page, form: str) -> None:
    """Send the form whose address ends like this."""
    page.locator(f"form[action$='{form}'] button").last.click()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.usefixtures("ticked")
def test_the_whole_journey(browsers: Browsers, site: Site, pictures: Pictures, authority: str, language: str) -> None:
    half = pictures.street[:3] if language == "en" else pictures.street[3:]
    send_photos(browsers, site, half, language)
    case = open_case(browsers, site, pictures, language)
    approve(browsers, site, case, language)
    search(browsers, site, case, language)
    ear = Ear()
    pairs = compare(browsers, site, 0, "5", language, ear)
    assert compare(browsers, site, 1, "1", language, ear) == pairs
    candidate = decide(browsers, site, case, language)
    release(browsers, site, candidate, authority, language)
    told(browsers, site, case, language)
    nothing_was_let_out(site, ear, case, candidate)
    forget(browsers, site, case, language)


def send_photos(browsers: Browsers, site: Site, photos: list[Path], language: str) -> None:
    volunteer = browsers.of(site.people.volunteer, language, phone=True)
    volunteer.context.grant_permissions(["geolocation"], origin=site.url)
    volunteer.context.set_geolocation({"latitude": LATITUDE, "longitude": LONGITUDE})
    page = volunteer.go("/photos")
    page.locator("#send summary").click()
    page.locator("[name=place]").fill(PLANTED["place"])
    page.locator("[name=note]").fill(PLANTED["note"])
    page.locator("#locate").click()
    expect(page.locator("#located")).not_to_be_empty()
    page.locator("#file").set_input_files([str(photo) for photo in photos])
    page.locator("#send button.wide").click()
    expect(page.locator("#queue-done")).to_be_visible(timeout=60_000)
    expect(page.locator("#queue-list li")).to_have_count(0, timeout=60_000)
    admin = browsers.of(site.people.admin, language)
    stats = site.people.admin.client.administration
    admin.go("/operations")
    while stats.stats()["queue"]["waiting"] or stats.gallery()["lag"]:
        admin.page.wait_for_timeout(300)
    admin.go("/operations")
    admin.shows("operations")
    admin.go("/operations/accounts")
    admin.shows("operations-accounts")
    admin.go("/operations/erasures")
    admin.shows("operations-erasures")
    page.wait_for_timeout(6_000)  # every upload waits so long, that nobody learns what was known before
    page.goto(f"{site.url}/photos")
    volunteer.shows("photos-worked-through")


def open_case(browsers: Browsers, site: Site, pictures: Pictures, language: str) -> str:
    worker = browsers.of(site.people.case_worker, language)
    page = worker.go("/cases/new")
    for _ in range(3):  # step by step
        if page.locator("[name=child_name]").is_visible():
            break
        page.locator("[data-steps] button:visible").first.click()
    page.locator("[name=child_name]").fill(f"{PLANTED['child']} {language}")
    page.locator("[name=birth_date]").fill("2012-02-03")
    page.keyboard.press("Enter")
    for name in ("asked_by", "custody", "consent"):
        page.locator(f"[name={name}]").fill(f"Shown on paper: {name}")
    page.locator("[name=police_reference]").fill(f"{PLANTED['police']}-{language}")
    page.locator("form[action='/cases'] button:visible").last.click()
    page.wait_for_url("**/references/new*")
    case = page.url.split("/cases/")[1].split("/")[0]
    for number, reference in enumerate(pictures.references):
        cases = site.people.case_worker.client.cases
        cases.add_reference(case, reference, age_years=3 + 4 * number)
    worker.go(f"/cases/{case}")
    worker.shows("case-filled")
    return case


def approve(browsers: Browsers, site: Site, case: str, language: str) -> None:
    supervisor = browsers.of(site.people.supervisor, language)
    page = supervisor.go("/supervision")
    supervisor.shows("supervision-to-do")
    page.locator(f"a[href='/supervision/cases/{case}']").first.click()
    supervisor.shows("supervision-case")
    for box in page.locator("input[name^=seen_]").all():
        box.check()
    press(page, f"{case}/approve")
    page.wait_for_load_state()
    supervisor.go("/supervision/accounts")
    supervisor.shows("supervision-accounts")
    supervisor.go("/supervision/withdrawals")
    supervisor.shows("supervision-withdrawals")
    supervisor.go("/supervision/objections")
    supervisor.shows("supervision-objection")
    page = supervisor.go(f"/supervision/objections/{case}")
    page.locator("details:has(form[action$='/close']) > summary").click()
    supervisor.shows("supervision-objected")


def search(browsers: Browsers, site: Site, case: str, language: str) -> None:
    worker = browsers.of(site.people.case_worker, language)
    page = worker.go(f"/cases/{case}")
    page.locator("form[action$='/searches'] [name=reason]").fill("Asked by the family")
    press(page, "/searches")
    page.wait_for_url(re.compile("/searches/[0-9a-f-]{36}"))
    worker.shows("case-search")


def compare(browsers: Browsers, site: Site, which: int, key: str, language: str, ear: Ear) -> int:
    """Answer every pair alike; how many there were, seeded ones left out."""
    reviewer = browsers.of(site.people.reviewers[which], language)
    ear.listen(reviewer)
    page = reviewer.go("/review")
    with page.expect_navigation():
        press(page, "/review/next")
    pairs = 0
    while not page.url.endswith("/review"):  # where one is led when nothing is left
        if not page.locator("#answer").count():  # it was a seeded pair: its truth is told, and each has their own
            reviewer.shows("review-truth")
            pairs -= 1
            with page.expect_navigation():
                press(page, "/review/next")
            continue
        if pairs == 0:
            expect(page.locator("[data-side=street] .view .face")).to_be_visible()
            reviewer.shows("review-pair")
        page.locator("#comment").fill(PLANTED["comment"])
        page.locator("#answer legend").first.click()
        page.keyboard.press(key)
        with page.expect_navigation():
            page.locator("#answer button.wide").click()
        pairs += 1
    reviewer.shows("review-nothing")
    reviewer.go("/review/mine")
    reviewer.shows("review-mine")
    return pairs


def decide(browsers: Browsers, site: Site, case: str, language: str) -> str:
    """Adjudicate the first pair of the case on which they differ; the candidate."""
    number = site.people.case_worker.client.cases.get(case)["number"]
    supervisor = browsers.of(site.people.supervisor, language)
    page = supervisor.go("/supervision/candidates?state=conflict")
    supervisor.shows("supervision-conflicts")
    page.locator("main a[href^='/supervision/candidates/']").filter(has_text=number).first.click()
    expect(page.locator("td.comment").first).to_have_text(PLANTED["comment"])
    supervisor.shows("supervision-conflict")
    page.locator("[name=same][value=true]").check()
    page.locator("form[action$='/adjudicate'] [name=reason]").fill("The scar is the same")
    press(page, "/adjudicate")
    expect(page.locator("form[action$='/release']")).to_be_visible()
    return page.url.split("/candidates/")[1].split("?")[0]


def release(browsers: Browsers, site: Site, candidate: str, authority: str, language: str) -> None:
    first = browsers.of(site.people.supervisor, language)
    page = first.go(f"/supervision/candidates/{candidate}")
    first.shows("supervision-confirmed")
    page.locator("[name=authority_id]").select_option(authority)
    page.locator("form[action$='/release'] [name=reason]").fill("They asked for it")
    press(page, "/release")
    expect(page.locator("form[action$='/agree']")).to_have_count(0)

    second = browsers.of(site.people.second_supervisor, language)
    page = second.go(f"/supervision/candidates/{candidate}")
    if not page.locator("form[action$='/agree'] button").is_visible():
        page.locator("details:has(form[action$='/agree']) > summary").click()
    second.shows("supervision-agree")
    press(page, "/agree")
    page.wait_for_load_state()
    second.go(f"/supervision/candidates/{candidate}/packet")
    expect(page.get_by_text(PLANTED["place"])).to_be_visible()
    second.shows("supervision-packet")
    page.locator("[data-copy]").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"{LATITUDE}" in copied
    second.go(f"/supervision/candidates/{candidate}")
    page.locator("details:has(form[action$='/outcome']) > summary").click()
    page.locator("[name=outcome][value=reunited]").check()
    page.locator("[name=established_by]").fill("DNA")
    press(page, "/outcome")
    page.wait_for_load_state()
    second.shows("supervision-outcome")


def told(browsers: Browsers, site: Site, case: str, language: str) -> None:
    """The case worker reads to whom it was released; the auditor, who did what."""
    worker = browsers.of(site.people.case_worker, language)
    page = worker.go(f"/cases/{case}")
    expect(page.get_by_text(AUTHORITY).first).to_be_visible()
    worker.shows("case-released")
    body = page.content()
    assert [
        word for word in (PLANTED["place"], PLANTED["note"], str(LATITUDE), "plantedfilename") if word in body
    ] == []


def nothing_was_let_out(site: Site, ear: Ear, case: str, candidate: str) -> None:
    """No answer to a reviewer's browser held who, where, when or what another thinks."""
    assert len(ear.heard) > 20
    number = site.people.case_worker.client.cases.get(case)["number"]
    secrets = [*PLANTED.values(), str(LATITUDE), "plantedfilename", case, candidate, number, AUTHORITY]
    secrets += [account.name for account in site.people.all() if account.role != "reviewer"]
    for url, heard in ear.heard:
        found = [secret for secret in secrets if secret.encode() in heard]
        assert found == [], url
        if "/static/" not in url:
            assert not re.search(rb"\b(score|rank|latitude)\b", heard, re.IGNORECASE), url


def forget(browsers: Browsers, site: Site, case: str, language: str) -> None:
    """The case is put on hold, and let go; one person is erased from a photo that shows others."""
    supervisor = browsers.of(site.people.second_supervisor, language)
    page = supervisor.go(f"/supervision/cases/{case}")
    page.locator("details:has(form[action='/supervision/holds']) > summary").click()
    page.locator("form[action='/supervision/holds'] [name=reason]").fill("The court asked")
    press(page, "/supervision/holds")
    page.wait_for_url("**/supervision/holds")
    supervisor.shows("supervision-holds")
    press(page, "/lift")
    expect(page.locator("form[action$='/lift']")).to_have_count(0)

    photos = site.people.volunteer.client.photos.all()
    photo = next(each.id for each in photos if (each.faces_found or 0) > 1)
    site.people.admin.client.administration.propose_erasure(photo, "The family of one asked")
    page = supervisor.go("/supervision/withdrawals")
    page.locator("details:has(form[action$='/people']) > summary").click()
    faces = page.locator("form[action$='/people'] img")
    faces.last.scroll_into_view_if_needed()
    loaded = "[...document.querySelectorAll('[name=faces]')].every((box) => box.parentNode.firstChild.naturalWidth)"
    supervisor.until(loaded)
    supervisor.shows("supervision-erase-person")
    page.locator("form[action$='/people'] [type=checkbox]").last.check()
    press(page, "/people")
    expect(page.locator("form[action$='/people']")).to_have_count(0)
    browsers.of(site.people.admin, language).go("/operations")


def test_the_auditor_reads_it_all(browsers: Browsers, site: Site) -> None:
    person = browsers.of(None)
    token = site.people.admin.client.administration.invite("auditor")["token"]
    page = person.go(f"/accept?invitation={token}")
    page.locator("[name=name]").fill("auditor of the journey")
    page.locator("[name=password]").fill("seven quiet lanterns over water")
    page.locator("[name=accept_conduct]").check()
    press(page, "/accept")
    page.wait_for_url("**/audit")
    person.shows("audit-log")
    person.go("/audit/chain")
    person.shows("audit-chain")
    expect(page.locator(".notice.good")).to_be_visible()
