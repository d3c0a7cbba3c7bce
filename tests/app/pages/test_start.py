"""Signing in and out, invitations, languages, errors, and who may send a form."""

import re

import pytest

from app.pages.cookie import FORM_FIELD, SESSION_COOKIE
from app.pages.routes.start import HOME
from app.services.invitations import add_invitation
from models.user import Role, UserState
from tests.app.conftest import Service
from tests.app.pages.conftest import Visitors
from tests.models.factories import make_user

PASSWORD = "seven quiet lanterns over water"


def cookie_of(answer) -> str:
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(SESSION_COOKIE)]
    return cookie


def test_a_stranger_is_led_to_sign_in_and_back(visit: Visitors):
    stranger = visit()
    assert stranger.get("/").headers["location"] == "/sign-in"
    for role, path in HOME.items():
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path.replace('/', '%2F')}"), (
            role
        )


def invitation(service: Service, role: Role) -> str:
    with service.database.writing() as session:
        admin = make_user(session, Role.ADMIN)
        return add_invitation(session, service.house.context.keyring, service.house.settings, role, admin.id)[1]


def test_an_invitation_becomes_an_account_that_signs_in_and_out(service: Service, visit: Visitors):
    stranger = visit()
    token = invitation(service, Role.REVIEWER)
    assert token in stranger.see(f"/accept?invitation={token}")
    fields = {"invitation": token, "name": "Rita", "password": PASSWORD, "accept_conduct": "yes"}
    weak = stranger.fill("/accept", fields | {"password": "short"})
    assert (weak.status_code, "at least 15 characters" in weak.text) == (422, True)
    answer = stranger.fill("/accept", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert stranger.fill("/accept", fields).status_code == 422
    wrong = stranger.fill("/sign-in", {"name": "rita", "password": "no"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    assert 'value="rita"' in wrong.text
    entered = stranger.fill("/sign-in", {"name": "RITA", "password": PASSWORD, "next": "/review"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/review")
    assert re.search("; HttpOnly; Path=/; SameSite=strict; Secure$", cookie_of(entered))
    token = cookie_of(entered).split(";")[0].split("=", 1)[1]
    assert service.client(token).get("/v1/me").json()["state"] == "awaiting_approval"
    browser = visit()
    browser.headers["Cookie"] = f"{SESSION_COOKIE}={token}"
    assert "waits for approval" in browser.see("/")
    left = browser.fill("/sign-out")
    assert (left.headers["location"], cookie_of(left).split(";")[0]) == ("/sign-in", f'{SESSION_COOKIE}=""')
    assert browser.get("/").headers["location"] == "/sign-in"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_nobody_is_led_elsewhere(service: Service, visit: Visitors, wanted: str):
    with service.database.writing() as session:
        make_user(session, Role.VOLUNTEER)
    volunteer = service.sign_in(Role.VOLUNTEER)
    entered = visit().fill("/sign-in", {"key": volunteer.token, "next": wanted})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert visit().fill("/language", {"language": "en", "next": wanted}).headers["location"] == "/"


def test_a_volunteer_gets_a_key_and_enters_with_it(service: Service, visit: Visitors):
    fields = {"invitation": invitation(service, Role.VOLUNTEER), "name": "Vera", "accept_conduct": "yes"}
    shown = visit().fill("/accept", fields)
    key = re.search(r"hwv_\w+", shown.text)
    assert key is not None
    assert (shown.status_code, cookie_of(shown).split(";")[0]) == (200, f"{SESSION_COOKIE}={key[0]}")
    entered = visit().fill("/sign-in", {"key": key[0]})
    assert cookie_of(entered).split(";")[0] == f"{SESSION_COOKIE}={key[0]}"
    refused = visit().fill("/sign-in", {"key": "hwv_nonsense"})
    assert (refused.status_code, "is wrong or no longer valid" in refused.text) == (401, True)


def test_a_form_from_elsewhere_or_without_our_token_does_nothing(service: Service, visit: Visitors):
    browser = visit(Role.REVIEWER)
    token = re.search(rf'name="{FORM_FIELD}" value="(\w+)"', browser.see("/help"))
    assert token is not None
    own = {FORM_FIELD: token[1]}
    other = visit(Role.REVIEWER)
    refused = [
        browser.post("/sign-out", data={}),
        browser.post("/sign-out", data={FORM_FIELD: "0" * 64}),
        other.post("/sign-out", data=own),
        browser.post("/sign-out", data=own, headers={"Sec-Fetch-Site": "cross-site"}),
        browser.post("/sign-out", data=own, headers={"Sec-Fetch-Site": "same-site"}),
    ]
    del browser.headers["Sec-Fetch-Site"]
    refused += [
        browser.post("/sign-out", data=own),
        browser.post("/sign-out", data=own, headers={"Origin": "https://evil.example"}),
        browser.post("/sign-out", data=own, headers={"Origin": "null"}),
    ]
    assert {(answer.status_code, "did not come from a page of ours" in answer.text) for answer in refused} == {
        (403, True)
    }
    assert browser.post("/sign-out", data=own, headers={"Origin": service.url}).status_code == 303


def test_the_language_is_what_was_chosen_or_what_the_browser_prefers(visit: Visitors):
    assert '<html lang="zh-Hans">' in visit(language="zh-CN,zh;q=0.9,en;q=0.8").see("/help")
    assert '<html lang="en">' in visit(language="fr,de;q=0.5").see("/help")
    browser = visit(language="fr")
    chosen = browser.fill("/language", {"language": "zh_Hans", "next": "/help"})
    assert chosen.headers["location"] == "/help"
    browser.headers["Cookie"] = "homeward-language=zh_Hans"
    assert '<html lang="zh-Hans">' in browser.see("/help")
    browser.headers["Cookie"] = "homeward-language=../../etc"
    assert '<html lang="en">' in browser.see("/help")


def test_errors_are_pages_to_people_and_problems_to_programs(service: Service, visit: Visitors):
    browser = visit(Role.REVIEWER)
    assert "There is no such page" in browser.see("/nowhere", 404)
    assert "Your role may not do this" in browser.see("/operations", 403)
    waiting = visit(Role.REVIEWER, state=UserState.AWAITING_APPROVAL)
    assert "has to approve this account" in waiting.see("/review", 403)
    api = service.client().get("/v1/nowhere")
    assert (api.status_code, api.headers["content-type"]) == (404, "application/problem+json")


def test_every_page_has_the_strict_policy_and_is_kept_by_nobody(visit: Visitors):
    for path in ("/help", "/sign-in", "/accept", "/nowhere"):
        headers = visit().get(path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
        assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")
        allowed = {each.split("=")[0].strip() for each in headers["permissions-policy"].split(",") if "(self)" in each}
        assert allowed == {"publickey-credentials-get", "publickey-credentials-create", "geolocation"}


def test_files_are_sent_again_only_when_they_changed(visit: Visitors):
    browser = visit()
    first = browser.get("/static/homeward.css")
    again = browser.get("/static/homeward.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    for path in ("../static.py", "%2e%2e/static.py", "homeward", ""):
        assert browser.get(f"/static/{path}").status_code == 404
