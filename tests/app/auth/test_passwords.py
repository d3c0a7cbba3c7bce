"""Which passwords are taken, and that checking one costs the same for nobody."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

from app.auth import passwords
from app.auth.passwords import AT_ONCE, hash_password, password_fits
from app.errors import PasswordWeak

GOOD = "seven brown geese fly"


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "x" * 15,
        "abababababababab",
        "passwordpassword",
        "Password123456789012",
        "correct horse battery staple",
        "123456789012345678",
        "annalena annalena 2026",
        "homewardhomeward1",
        "long " * 26,
    ],
)
def test_weak_passwords_are_refused(password: str):
    with pytest.raises(PasswordWeak):
        hash_password(password, "annalena", 15)


@pytest.mark.parametrize("password", [GOOD, "4829-3751-9046-22", "我们在回家的路上走了很久很久很久了"])
def test_long_and_varied_ones_of_any_script_are_taken(password: str):
    assert password_fits(password, hash_password(password, "annalena", 15))


def test_a_missing_account_is_checked_as_thoroughly(monkeypatch: pytest.MonkeyPatch):
    checked = []
    monkeypatch.setattr(passwords._hasher, "verify", lambda _password, kept: checked.append(kept) or True)
    assert password_fits(GOOD, None) is False
    assert checked[0].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_no_more_than_two_are_checked_at_once(monkeypatch: pytest.MonkeyPatch):
    lock, at_work, most = Lock(), 0, 0
    verify = passwords._hasher.verify
    kept = hash_password(GOOD, "annalena", 15)

    def counted(password: str, kept_hash: str) -> bool:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        fits = verify(password, kept_hash)
        with lock:
            at_work -= 1
        return fits

    monkeypatch.setattr(passwords._hasher, "verify", counted)
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: password_fits(GOOD, kept), range(8)))
    assert most == AT_ONCE
