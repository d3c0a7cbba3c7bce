"""A person at a browser with an authenticator, and what they do on the pages."""

import json
import re
from html import unescape
from typing import Any

import httpx

from app.auth.passwords import hash_password
from app.pages.cookie import BROWSER_COOKIE, FORM_FIELD, FORM_HEADER, SESSION_COOKIE
from models.user import Role, User
from tests.app.authenticator import Authenticator
from tests.app.conftest import Service
from tests.models.factories import make_user

ORIGIN = "https://homeward.example"
PASSWORD = "seven quiet lanterns over water"
HASH = hash_password(PASSWORD, "someone", 15)
_TOKEN = re.compile(rf'name="{FORM_FIELD}" value="([0-9a-f]*)"')
_CODE = re.compile(r"<code class=\"token\">([0-9a-z-]{23})</code>")


class Person:
    """One account, its authenticator, and a browser whose cookies are kept by hand: no TLS here, and all are Secure."""

    def __init__(self, service: Service, user: User) -> None:
        self.service, self.user = service, user
        self.cookies: dict[str, str] = {}
        self.authenticator = Authenticator(ORIGIN)
        self.codes: list[str] = []
        self.browser = service.client()
        self.browser.headers["Sec-Fetch-Site"] = "same-origin"

    def elsewhere(self) -> "Person":
        """The same person at another browser."""
        other = Person(self.service, self.user)
        other.authenticator, other.codes = self.authenticator, self.codes
        return other

    def see(self, path: str = "/account") -> str:
        return unescape(self._send("GET", path).text)

    def send(self, path: str, **fields: str) -> httpx.Response:
        token = _TOKEN.search(self._send("GET", "/help").text)
        assert token is not None
        return self._send("POST", path, data={FORM_FIELD: token[1], **fields})

    def ask(self, path: str) -> httpx.Response:
        """As our script asks for options."""
        token = _TOKEN.search(self._send("GET", "/help").text)
        assert token is not None
        return self._send("POST", path, headers={FORM_HEADER: token[1]})

    def options(self, path: str) -> dict[str, Any]:
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)

    # --- what people do ----------------------------------------------------------------------------------------------

    def sign_in(self, password: str = PASSWORD, code: str | None = None) -> httpx.Response:
        more = {} if code is None else {"recovery_code": code}
        return self.send("/sign-in", name=self.user.name, password=password, next="/help", **more)

    def prove(self) -> None:
        assert self.send("/account/prove", password=PASSWORD).status_code == 303

    def register(self, name: str = "My phone") -> httpx.Response:
        made = self.authenticator.create(self.options("/account/passkeys/options"))
        answer = self.send("/account/passkeys", passkey_name=name, credential=made)
        self.codes = _CODE.findall(answer.text) or self.codes
        return answer

    def enter(self) -> httpx.Response:
        """With the passkey, no name asked."""
        shown = self.authenticator.get(self.options("/sign-in/passkey/options"))
        return self.send("/sign-in/passkey", credential=shown, next="/help")

    def leave(self) -> None:
        self.cookies.clear()

    def is_in(self) -> bool:
        return self._send("GET", "/account").status_code == 200

    def _send(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.browser.request(method, path, headers={"Cookie": cookie, **(headers or {})}, **more)
        for name, value in answer.cookies.items():
            if name in {SESSION_COOKIE, BROWSER_COOKIE}:
                self.cookies[name] = value
        self.browser.cookies.clear()
        return answer


def new_person(service: Service, role: Role = Role.REVIEWER, **columns: object) -> Person:
    with service.database.writing() as session:
        return Person(service, make_user(session, role, password_hash=HASH, **columns))


def with_passkey(service: Service, role: Role = Role.REVIEWER, **columns: object) -> Person:
    """Signed in, a moment ago proved, one passkey and ten codes."""
    person = new_person(service, role, **columns)
    assert person.sign_in().status_code == 303
    person.prove()
    answer = person.register()
    assert answer.status_code == 200, answer.text
    assert len(person.codes) == 10
    return person
