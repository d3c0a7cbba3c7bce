"""Passkeys and recovery codes: who gets in, and what a thief of one part cannot do.

What is left to the database is tried on both, the rest on one: each sign-in here takes a real argon2.
"""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from app.auth.challenges import GOOD_FOR
from app.auth.passkeys import NewPasskey, check_registration
from app.pages.cookie import BROWSER_COOKIE
from app.services import own_account
from app.settings import ServiceSettings
from models.records import AuditEntry, Passkey, RecoveryCode, UsedChallenge, User, UserSession
from models.types import now
from models.user import Role
from tests.app.authenticator import EDDSA, ES256, PRESENT, RS1, RS256, VERIFIED, Authenticator
from tests.app.conftest import Service
from tests.app.desk import at_once
from tests.app.passkey_person import HASH, ORIGIN, PASSWORD, Person, new_person, with_passkey

on_one = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    return service_settings.model_copy(update={"public_origin": ORIGIN})


def acts(service: Service) -> list[str]:
    with service.database.reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 401 and "is wrong or no longer valid" in answer.text


@on_one
@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_a_passkey_is_registered_and_opens_the_account_without_a_name(service: Service, algorithm: int):
    person = new_person(service)
    person.authenticator = Authenticator(ORIGIN, algorithm)
    person.sign_in()
    person.prove()
    options = person.options("/account/passkeys/options")
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [EDDSA, ES256, RS256]
    wanted = options["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"], options["attestation"]) == (
        "required",
        "required",
        "none",
    )
    assert person.register().status_code == 200
    person.leave()
    entered = person.enter()
    assert (entered.status_code, entered.headers["location"]) == (303, "/help")
    assert person.is_in()
    with service.database.reading() as session:
        passkey = session.scalars(select(Passkey)).one()
        assert (passkey.name, passkey.sign_count, passkey.last_used_at is not None) == ("My phone", 1, True)
        started = session.scalars(select(UserSession.started_with).order_by(UserSession.started_at)).all()
    assert [each.value for each in started] == ["password", "passkey"]
    assert acts(service) == [
        "session.start",
        "session.prove",
        "passkey.register",
        "recovery_code.make",
        "session.start",
    ]


@on_one
def test_registering_needs_a_fresh_proof(service: Service):
    person = new_person(service)
    person.sign_in()
    answer = person.ask("/account/passkeys/options")
    assert (answer.status_code, answer.json()["code"]) == (403, "proof_stale")
    assert person.send("/account/prove", password="no").status_code == 422
    person.prove()
    made = person.authenticator.create(person.options("/account/passkeys/options"))
    with service.database.writing() as session:
        stale = now() - timedelta(minutes=own_account.PROOF_MINUTES, seconds=1)
        session.scalars(select(UserSession)).one().proved_at = stale
    late = person.send("/account/passkeys", credential=made)
    assert (late.status_code, "Show your password" in late.text) == (403, True)
    for path in ("/account/codes", "/account/password"):
        assert person.send(path, new_password="nine loud geese over water").status_code == 403
    with service.database.reading() as session:
        assert session.scalars(select(Passkey)).all() == []


@on_one
def test_guessing_the_password_in_an_open_browser_waits_like_at_the_door(service: Service):
    person = new_person(service)
    person.sign_in()
    answers = [person.send("/account/prove", password="a guess") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert person.send("/account/prove", password=PASSWORD).status_code == 429


@on_one
@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://homeward.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"algorithm": RS1},
        {"format": "packed"},
        {"format": "tpm"},
    ],
)
def test_a_passkey_that_is_not_as_asked_is_not_registered(service: Service, change: dict[str, object]):
    person = new_person(service)
    person.authenticator = Authenticator(**({"origin": ORIGIN} | change))
    person.sign_in()
    person.prove()
    answer = person.register()
    assert (answer.status_code, "The passkey was not taken" in answer.text) == (422, True)
    with service.database.reading() as session:
        assert session.scalars(select(Passkey)).all() == []


@on_one
@pytest.mark.parametrize("text", ["", "{}", "[", "[" * 9_000, '{"rawId": "é", "response": {}}', "0", "x" * 20_000])
def test_nonsense_is_one_refusal_and_no_fault(service: Service, text: str):
    person = with_passkey(service)
    assert person.send("/account/passkeys", credential=text).status_code == 422
    assert person.send("/account/prove", credential=text, password="x").status_code == 422
    person.leave()
    person.options("/sign-in/passkey/options")
    assert refused(person.send("/sign-in/passkey", credential=text))


@on_one
def test_every_refused_passkey_gets_the_same_page(service: Service):
    person, pages = with_passkey(service), []
    stranger = Authenticator(ORIGIN)  # its passkey is nobody's
    stranger.user_handle = person.user.id.bytes
    for change in ({}, {"origin": "https://evil.example"}, {"flags": PRESENT}, {"flags": VERIFIED}):
        kept = {name: getattr(person.authenticator, name) for name in change}
        vars(person.authenticator).update(change)
        person.leave()
        options = person.options("/sign-in/passkey/options")
        used = person.authenticator if change else stranger
        pages.append(person.send("/sign-in/passkey", credential=used.get(options)))
        vars(person.authenticator).update(kept)
    thief = Authenticator(ORIGIN, credential_id=person.authenticator.credential_id, user_handle=person.user.id.bytes)
    pages.append(person.send("/sign-in/passkey", credential=thief.get(person.options("/sign-in/passkey/options"))))
    person.authenticator.user_handle = b"someone else"
    options = person.options("/sign-in/passkey/options")
    pages.append(person.send("/sign-in/passkey", credential=person.authenticator.get(options)))
    assert all(refused(page) for page in pages)
    assert len({page.content for page in pages}) == 1


@on_one
def test_asking_tells_nobody_which_accounts_there_are(service: Service):
    person = with_passkey(service)
    stranger = Person(service, person.user)
    options = stranger.options("/sign-in/passkey/options")
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    assert person.user.name not in str(options)
    with service.database.reading() as session:
        assert len(session.scalars(select(UsedChallenge)).all()) == 1  # its registration; strangers write nothing


@on_one
def test_a_challenge_is_good_once_for_one_browser_one_purpose_and_five_minutes(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    person = with_passkey(service)
    person.leave()
    shown = person.authenticator.get(person.options("/sign-in/passkey/options"))
    thief = person.elsewhere()
    assert refused(thief.send("/sign-in/passkey", credential=shown))
    thief.options("/sign-in/passkey/options")
    assert refused(thief.send("/sign-in/passkey", credential=shown))
    kept = dict(person.cookies)
    assert person.send("/sign-in/passkey", credential=shown).status_code == 303
    person.cookies = kept
    assert refused(person.send("/sign-in/passkey", credential=shown))
    proving = person.authenticator.get(person.options("/sign-in/passkey/options"))
    assert person.enter().status_code == 303
    assert person.send("/account/prove", credential=proving).status_code == 422
    person.leave()
    late = person.authenticator.get(person.options("/sign-in/passkey/options"))
    monkeypatch.setattr("app.auth.challenges.now", lambda: now() + GOOD_FOR + timedelta(seconds=1))
    assert refused(person.send("/sign-in/passkey", credential=late))


@on_one
def test_a_challenge_to_prove_registers_nothing(service: Service):
    person = with_passkey(service)
    proving = person.options("/account/prove/options")["challenge"]
    options = person.options("/account/passkeys/options")
    person.authenticator = Authenticator(ORIGIN)
    made = person.authenticator.create(options | {"challenge": proving})
    assert person.send("/account/passkeys", credential=made).status_code == 422
    made = person.authenticator.create(options)
    assert person.send("/account/passkeys", credential=made).status_code == 303


def test_an_answer_sent_twice_at_once_opens_one_session(service: Service):
    person = with_passkey(service)
    person.authenticator.counts = False
    person.authenticator.count = 0
    with service.database.writing() as session:
        session.scalars(select(Passkey)).one().sign_count = 0
    person.leave()
    shown = person.authenticator.get(person.options("/sign-in/passkey/options"))
    copies = [person.elsewhere() for _ in range(2)]
    for copy in copies:
        copy.cookies = {BROWSER_COOKIE: person.cookies[BROWSER_COOKIE]}
    answers = at_once(*(lambda copy=copy: copy.send("/sign-in/passkey", credential=shown) for copy in copies))
    assert sorted(answer.status_code == 303 for answer in answers) == [False, True]


@on_one
def test_a_counter_that_goes_back_is_refused_and_on_record(service: Service):
    person = with_passkey(service)
    for _ in range(2):
        person.leave()
        assert person.enter().status_code == 303
    person.authenticator.count = 1  # as a copy of it would have counted
    person.leave()
    assert refused(person.enter())
    assert acts(service)[-1] == "passkey.copied"


@on_one
def test_the_password_alone_opens_no_account_that_has_a_passkey(service: Service):
    person = with_passkey(service)
    person.leave()
    page = person.sign_in()
    assert (page.status_code, "This account has a passkey" in page.text, "Recovery code" in page.text) == (
        401,
        True,
        True,
    )
    assert refused(person.sign_in("a wrong password here"))
    api = service.client().post("/v1/sessions", json={"name": person.user.name, "password": PASSWORD})
    assert (api.status_code, api.json()["code"]) == (401, "second_step_wanted")
    body = {"name": person.user.name, "password": PASSWORD, "recovery_code": person.codes[9]}
    assert service.client().post("/v1/sessions", json=body).status_code == 201


def test_a_recovery_code_is_good_once_and_said_on_the_next_page(service: Service):
    person = with_passkey(service)
    assert len(set(person.codes)) == 10
    person.leave()
    assert refused(person.sign_in(code="00000-00000-00000-00000"))
    assert refused(person.sign_in("a wrong password here", person.codes[0]))
    entered = person.sign_in(code=person.codes[0].replace("-", " ").upper())
    assert (entered.status_code, entered.headers["location"]) == (303, "/account")
    page = person.see()
    assert "You signed in with a recovery code" in page
    assert "9 codes are left" in page
    assert "recovery_code.use" in acts(service)
    person.leave()
    assert refused(person.sign_in(code=person.codes[0]))
    with service.database.reading() as session:
        kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert not {code.replace("-", "") for code in person.codes} & set(kept)


def test_new_codes_end_the_old_and_another_accounts_open_nothing(service: Service):
    person, other = with_passkey(service), with_passkey(service)
    old = person.codes
    answer = person.send("/account/codes")
    assert answer.status_code == 200
    assert "Your recovery codes" in answer.text
    person.leave()
    assert refused(person.sign_in(code=old[0]))
    assert refused(person.sign_in(code=other.codes[0]))
    other.leave()
    assert other.sign_in(code=other.codes[0]).status_code == 303


@on_one
def test_a_wrong_code_is_slowed_down_like_a_wrong_password(service: Service):
    person = with_passkey(service)
    person.leave()
    for _ in range(5):
        assert refused(person.sign_in(code="00000-00000-00000-00000"))
    assert "That was too often" in person.sign_in(code=person.codes[0]).text


def test_passkeys_are_listed_and_removed_by_their_own_account_alone(service: Service):
    person, other = with_passkey(service), with_passkey(service, name="other")
    with service.database.reading() as session:
        theirs = session.scalars(select(Passkey.id).where(Passkey.user_id == other.user.id)).one()
        own = session.scalars(select(Passkey.id).where(Passkey.user_id == person.user.id)).one()
    assert "My phone" in person.see()
    assert person.send(f"/account/passkeys/{theirs}/remove").status_code == 404
    assert person.send(f"/account/passkeys/{own}/remove").status_code == 303
    assert "My phone" not in person.see()
    person.leave()
    assert refused(person.enter())
    assert person.sign_in().status_code == 303  # without a passkey the password is enough again


@on_one
def test_the_same_passkey_is_not_registered_twice_nor_for_two(service: Service):
    person, other = with_passkey(service), new_person(service)
    assert [each["id"] for each in person.options("/account/passkeys/options")["excludeCredentials"]] != []
    assert person.register().status_code == 422
    other.authenticator = person.authenticator
    other.sign_in()
    other.prove()
    assert other.register().status_code == 422


@on_one
def test_a_passkey_proves_instead_of_the_password_and_anothers_does_not(service: Service):
    person, other = with_passkey(service), with_passkey(service)
    person.leave()
    person.enter()
    options = person.options("/account/prove/options")
    assert len(options["allowCredentials"]) == 1
    assert person.send("/account/prove", credential=other.authenticator.get(options)).status_code == 422
    options = person.options("/account/prove/options")
    assert person.send("/account/prove", credential=person.authenticator.get(options, handle=False)).status_code == 303
    assert person.send("/account/codes").status_code == 200


@on_one
def test_a_disabled_account_is_not_opened_by_its_passkey(service: Service):
    person = with_passkey(service)
    with service.database.writing() as session:
        session.get_one(User, person.user.id).disable()
    person.leave()
    assert refused(person.enter())


@on_one
def test_ten_passkeys_are_the_most(service: Service):
    person = with_passkey(service)
    for _ in range(9):
        person.authenticator = Authenticator(ORIGIN)
        assert person.register().status_code == 303
    answer = person.ask("/account/passkeys/options")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_passkeys")


def test_a_changed_password_ends_every_other_session_and_renews_this_one(service: Service):
    person = new_person(service)
    person.sign_in()
    there = person.elsewhere()
    there.sign_in()
    before = dict(person.cookies)
    person.prove()
    weak = person.send("/account/password", new_password="short")
    assert (weak.status_code, "at least 15 characters" in weak.text) == (422, True)
    assert there.is_in()
    assert person.send("/account/password", new_password="nine loud geese over water").status_code == 303
    assert "The password is changed" in person.see("/account?done=password")
    assert not there.is_in()
    person.cookies, after = before, person.cookies
    assert not person.is_in()
    person.cookies = after
    assert person.is_in()
    assert refused(there.sign_in())
    assert there.sign_in("nine loud geese over water").status_code == 303
    assert "password.change" in acts(service)


@on_one
def test_a_sign_in_begun_with_the_old_password_does_not_outlive_it(service: Service, monkeypatch: pytest.MonkeyPatch):
    person = new_person(service)

    def change_meanwhile(password: str, password_hash: str | None) -> bool:
        with service.database.writing() as session:
            session.get_one(User, person.user.id).password_hash = HASH[:-1] + "x"
        return True

    monkeypatch.setattr("app.auth.sign_in.password_fits", change_meanwhile)
    assert refused(person.sign_in())


@on_one
def test_a_session_that_ends_meanwhile_changes_nothing_more(service: Service, monkeypatch: pytest.MonkeyPatch):
    person = with_passkey(service)
    made = Authenticator(ORIGIN).create(person.options("/account/passkeys/options"))

    def end_first(*arguments: object) -> NewPasskey:
        with service.database.writing() as session:
            session.scalars(select(UserSession)).one().end()
        return check_registration(*arguments)

    monkeypatch.setattr(own_account, "check_registration", end_first)
    answer = person.send("/account/passkeys", credential=made)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/sign-in")
    with service.database.reading() as session:
        assert len(session.scalars(select(Passkey)).all()) == 1


@on_one
def test_signing_in_makes_a_new_session_whatever_the_browser_brought(service: Service):
    person = new_person(service)
    person.sign_in()
    first = dict(person.cookies)
    person.sign_in()
    assert person.cookies != first


@on_one
def test_where_passkeys_are_required_nothing_else_opens_without(service: Service, service_settings: ServiceSettings):
    person = new_person(service, Role.SUPERVISOR)
    reviewer = new_person(service)
    service.house.settings = service_settings.model_copy(update={"require_passkeys": True})
    person.sign_in()
    reviewer.sign_in()
    assert "Compare faces" in reviewer.see("/review")
    assert person.browser.get("/supervision", headers={"Cookie": _cookie(person)}).headers["location"] == "/account"
    assert "Your role needs a passkey here" in person.see()
    api = service.client(person.cookies["__Host-homeward"])
    answer = api.get("/v1/alerts")
    assert (answer.status_code, answer.json()["code"]) == (403, "passkey_wanted")
    person.prove()
    person.register()
    assert api.get("/v1/alerts").status_code == 200
    assert "Your role needs a passkey here" not in person.see()


def _cookie(person: Person) -> str:
    return "; ".join(f"{name}={value}" for name, value in person.cookies.items())


@on_one
def test_without_an_address_there_are_no_passkeys_and_a_clear_word(service: Service, service_settings: ServiceSettings):
    service.house.settings = service_settings.model_copy(update={"public_origin": None})
    person = new_person(service)
    answer = person.ask("/sign-in/passkey/options")
    assert (answer.status_code, answer.json()["code"]) == (409, "passkeys_not_set_up")
    assert "Sign in with a passkey" not in person.see("/sign-in")
    assert "set public_origin" in person.send("/sign-in/passkey", credential="{}").text
    person.sign_in()
    assert "operator has to set public_origin" in person.see()


@on_one
def test_a_volunteer_has_no_account_page(service: Service):
    volunteer = Person(service, service.sign_in(Role.VOLUNTEER).user)
    volunteer.cookies = {"__Host-homeward": service.sign_in_as(volunteer.user).token}
    assert "Your role may not do this" in volunteer.see("/account")
