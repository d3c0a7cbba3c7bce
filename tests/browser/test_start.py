"""The first pages: coming in, help, errors, in both languages."""

import pytest

from tests.browser.conftest import Browsers, Site

pytestmark = pytest.mark.browser
PASSWORD = "seven quiet lanterns over water"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_stranger_reads_and_is_refused(browsers: Browsers, language: str) -> None:
    stranger = browsers.of(None, language)
    page = stranger.go("/")
    assert page.url.endswith("/sign-in")
    stranger.shows("sign-in")
    stranger.go("/accept")
    stranger.shows("accept")
    stranger.go("/help")
    stranger.shows("help")
    stranger.watch.expected = [404]
    stranger.go("/nowhere")
    stranger.shows("error")


def test_a_person_comes_by_invitation_signs_out_and_in_again(browsers: Browsers, site: Site) -> None:
    token = site.people.admin.client.administration.invite("auditor")["token"]
    person = browsers.of(None)
    page = person.go(f"/accept?invitation={token}")
    page.get_by_label("The name your account shall have").fill("Aud")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("I accept them").check()
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/audit")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.get_by_label("Name").fill("Aud")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/audit")
    page.get_by_role("button", name="简体中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
