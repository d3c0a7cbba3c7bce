"""Pages as a browser without scripts sees them."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import unescape
from typing import Any

import httpx
import pytest

from app.pages.cookie import FORM_FIELD, SESSION_COOKIE
from models.session import Database
from models.user import Role, User
from tests.app.conftest import TLS, Service

_TOKEN = re.compile(rf'name="{FORM_FIELD}" value="([0-9a-f]*)"')


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What lies below the pages is tested on both databases; the pages themselves on one."""
    return sqlite_database


class Visit(httpx.Client):
    """A browser of one person: its cookie, and the headers that every browser sends."""

    def __init__(self, url: str, token: str | None = None, language: str = "en", user: User | None = None) -> None:
        cookie = {"Cookie": f"{SESSION_COOKIE}={token}"} if token else {}
        headers = cookie | {"Accept-Language": language, "Sec-Fetch-Site": "same-origin"}
        super().__init__(base_url=url, timeout=60, headers=headers, verify=TLS)
        self.user = user

    def see(self, path: str, status: int = 200) -> str:
        """The page, once it is what was expected."""
        answer = self.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:2000]}"
        return unescape(answer.text)

    def fill(
        self, path: str, fields: dict[str, Any] | None = None, page: str | None = None, **more: Any
    ) -> httpx.Response:
        """Fill in and send a form with the token that ``page`` gives (the start, unless said)."""
        token = _TOKEN.search(self.get(page or "/help").text)
        assert token is not None
        return self.post(path, data={FORM_FIELD: token[1], **(fields or {})}, **more)


Visitors = Callable[..., Visit]


@pytest.fixture
def visit(service: Service) -> Iterator[Visitors]:
    """`visit("reviewer")`: a browser in which a new, approved account is signed in; `visit()`: a stranger's."""

    with ExitStack() as open_ones:

        def begin(role: Role | str | User | None = None, language: str = "en", **columns: object) -> Visit:
            if role is None:
                return open_ones.enter_context(Visit(service.url, None, language))
            client = service.sign_in_as(role) if isinstance(role, User) else service.sign_in(role, **columns)
            return open_ones.enter_context(Visit(service.url, client.token, language, client.user))

        yield begin
