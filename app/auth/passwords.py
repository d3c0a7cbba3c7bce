"""Passwords: argon2, few at a time, and the same work for a name that does not exist."""

from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.errors import PasswordWeak

MOST = 128
AT_ONCE = 2  # 64 MiB each: twenty sign-ins at once would take 1.3 GB
OTHER_CHARACTERS = 5

# RFC 9106 section 4, the second recommended option: 64 MiB, 3 passes, 4 lanes.
_hasher = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65536, parallelism=4),))
_turn = BoundedSemaphore(AT_ONCE)

# Long enough together, and yet what everyone tries first. Longer ones stand before those they contain.
_COMMON = (
    *("correcthorsebatterystaple", "correct horse battery staple", "abcdefghijklmnopqrstuvwxyz", "thisismypassword"),
    *("findthechildren", "missingchildren", "administrator", "qwertyuiop", "qwertzuiop", "opensesame", "passphrase"),
    *("1234567890", "0987654321", "asdfghjkl", "trustno1", "password", "passwort", "homeward", "iloveyou", "changeme"),
    *("letmein", "welcome", "zxcvbnm", "qwerty", "woaini", "123456", "112233", "admin", "12345", "2026", "1234", "123"),
)


def hash_password(password: str, name: str, length: int) -> str:
    """The hash to keep. `PasswordWeak`: under ``length`` characters, a common one, or made of the account's name."""
    if not length <= len(password) <= MOST or _is_common(password, name):
        raise PasswordWeak(length=length)
    with _turn:
        return _hasher.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Whether it is the account's password; as slow for an account that does not exist or has none."""
    with _turn:
        fits = _hasher.verify(password[:MOST], password_hash or _nobodys_hash())
    return fits and password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("the password of an account that does not exist")


def _is_common(password: str, name: str) -> bool:
    """What is left without common words and the name has too few different characters."""
    left = password.casefold()
    for word in (name.casefold(), *_COMMON):
        left = left.replace(word, "") if len(word) >= 3 else left
    return len(set(left)) < OTHER_CHARACTERS
