"""Passkeys in a real browser, with Chromium's own virtual authenticator."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browsers, Person, Site

pytestmark = pytest.mark.browser
PASSWORD = "seven quiet lanterns over water"


def with_authenticator(person: Person) -> None:
    """A phone that asks its holder for a fingerprint, and gets it."""
    wire = person.context.new_cdp_session(person.page)
    wire.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def newcomer(browsers: Browsers, site: Site, name: str, language: str = "en") -> Person:
    """An auditor who has just accepted an invitation."""
    token = site.people.admin.client.administration.invite("auditor")["token"]
    site.people.admin.client.accept(site.url, token, name, PASSWORD).close()
    person = browsers.of(None, language)
    person.go("/sign-in")
    person.page.locator("#name").fill(name)
    person.page.locator("#password").fill(PASSWORD)
    person.page.locator("form[action='/sign-in'] button.primary").click()
    person.page.wait_for_url("**/audit")
    return person


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_passkey_is_registered_signed_in_with_and_removed(browsers: Browsers, site: Site, language: str) -> None:
    person = newcomer(browsers, site, f"Aud {language}", language)
    page = person.page
    with_authenticator(person)
    person.go("/account")
    person.shows("account-unproved")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/account/prove'] button.primary").click()
    page.locator("#passkey_name").fill("Laptop")
    person.shows("account")
    page.locator("form[action='/account/passkeys'] button").click()
    page.locator("ol .token").first.wait_for()
    assert page.locator("ol .token").count() == 10
    person.shows("recovery-codes")
    page.locator("a.primary").click()
    expect(page.get_by_role("rowheader", name="Laptop")).to_be_visible()
    page.locator("form[action='/sign-out'] button").click()
    page.wait_for_url("**/sign-in")
    person.shows("sign-in-with-passkey")
    page.locator("form[action='/sign-in/passkey'] button").click()
    page.wait_for_url("**/audit")
    person.go("/account")
    page.locator("form[data-passkey=get] button").click()
    page.locator("form[action$='/remove'] button").click()
    page.locator("#new_password").wait_for()
    assert page.get_by_role("rowheader", name="Laptop").count() == 0


def test_a_stopped_passkey_is_said_and_the_password_wants_a_code(browsers: Browsers, site: Site) -> None:
    person = newcomer(browsers, site, "Aude")
    page = person.page
    with_authenticator(person)
    person.go("/account")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Register a passkey").click()
    codes = page.locator("ol .token")
    codes.first.wait_for()
    code = codes.first.inner_text()
    elsewhere = browsers.of(None)
    elsewhere.watch.expected = [401]
    with_authenticator(elsewhere)  # another phone, without this account's passkey
    elsewhere.go("/sign-in")
    elsewhere.page.get_by_role("button", name="Sign in with a passkey").click()
    elsewhere.page.get_by_text("Nothing was done").wait_for()
    for _ in range(2):
        elsewhere.page.locator("#name").fill("Aude")
        elsewhere.page.locator("#password").fill(PASSWORD)
        if elsewhere.page.locator("#recovery_code").count():
            elsewhere.shows("sign-in-recovery-code")
            elsewhere.page.locator("#recovery_code").fill(code)
        elsewhere.page.locator("form[action='/sign-in'] button.primary").click()
    elsewhere.page.wait_for_url("**/account")
    expect(elsewhere.page.get_by_text("You signed in with a recovery code")).to_be_visible()
    expect(elsewhere.page.get_by_text("9 codes are left")).to_be_visible()


def test_without_scripts_the_password_works_and_no_passkey_is_offered(browsers: Browsers, site: Site) -> None:
    token = site.people.admin.client.administration.invite("auditor")["token"]
    site.people.admin.client.accept(site.url, token, "Plain", PASSWORD).close()
    person = browsers.of(None, scripts=False)
    page = person.go("/sign-in")
    assert page.get_by_role("button", name="Sign in with a passkey").count() == 0
    page.get_by_label("Name").fill("Plain")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/audit")
    person.go("/account")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("New password").fill("nine loud geese over water")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("The password is changed")).to_be_visible()
