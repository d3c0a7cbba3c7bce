"""S4: a thousand passwords over one account, over many, from addresses that are made up. Waits: tests/app/auth."""

import threading
import time

import httpx
import pytest
from pwdlib import PasswordHash

from app.auth import passwords
from app.auth.passwords import hash_password
from models.user import Role
from tests.app.conftest import Service
from tests.models.factories import make_user

PASSWORD = "a long and quiet evening"


@pytest.fixture
def anna(served: Service) -> str:
    hashed = hash_password(PASSWORD, "anna", 15)
    with served.database.writing() as session:
        return make_user(session, Role.REVIEWER, name="anna", password_hash=hashed).name


class Counting:
    """The hasher, and how many checks it was ever at work on at once."""

    def __init__(self, hasher: PasswordHash) -> None:
        self.hasher, self.now, self.most, self.lock = hasher, 0, 0, threading.Lock()

    def hash(self, password: str) -> str:
        return self.hasher.hash(password)

    def verify(self, password: str, password_hash: str) -> bool:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            time.sleep(0.02)
            return self.hasher.verify(password, password_hash)
        finally:
            with self.lock:
                self.now -= 1


def guess(client: httpx.Client, name: str, number: int) -> int:
    """From an address that nobody has."""
    headers = {
        "X-Forwarded-For": f"198.51.{number // 250}.{number % 250}",
        "Forwarded": f"for=203.0.113.{number % 250}",
    }
    body = {"name": name, "password": f"{PASSWORD} {number}"}
    answer = client.post("/v1/sessions", json=body, headers=headers)
    if answer.status_code == 429:
        assert int(answer.headers["retry-after"]) > 0
    return answer.status_code


def test_a_thousand_guesses_at_one_account_come_to_a_few(served: Service, anna: str):
    client = served.client()
    tried = [guess(client, anna, number) for number in range(1000)]
    assert tried.count(401) < 10
    assert set(tried) == {401, 429}
    assert client.post("/v1/sessions", json={"name": anna, "password": PASSWORD}).status_code == 429


def test_a_thousand_guesses_over_as_many_accounts_come_to_few(served: Service):
    client = served.client()
    tried = [guess(client, f"account {number}", number) for number in range(1000)]
    assert tried.count(401) < 30
    assert set(tried) == {401, 429}


def test_guesses_at_once_check_two_passwords_at_a_time(served: Service, anna: str, monkeypatch: pytest.MonkeyPatch):
    """A check takes 64 MiB and a processor: more at once would be a way to fill both."""
    counting = Counting(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", counting)
    threads = [threading.Thread(target=guess, args=(served.client(), f"{anna}{n}", n)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= counting.most <= 2
