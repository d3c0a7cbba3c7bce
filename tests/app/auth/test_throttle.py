"""Guessing slows down; nobody is locked out by strangers."""

import pytest

from app.auth import throttle as module
from app.auth.throttle import Throttle, network_of
from app.errors import TooManyRequests


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def wait(throttle: Throttle, account: str, source: str) -> int:
    """Seconds to wait; 0: none."""
    try:
        throttle.check(account, source)
    except TooManyRequests as error:
        return error.details["seconds"]
    return 0


def test_waits_double_after_five_free_tries_and_end_at_a_quarter_of_an_hour(throttle: Throttle, clock: Clock):
    waits = []
    for _ in range(16):
        throttle.failed("anna", "10.0.0.1")
        waits.append(wait(throttle, "anna", "10.0.0.1"))
        clock.now += waits[-1]
    assert waits == [0, 0, 0, 0, 3, 5, 9, 17, 33, 65, 129, 257, 513, 901, 901, 901]


def test_an_hour_of_peace_forgets_all(throttle: Throttle, clock: Clock):
    for _ in range(30):
        throttle.failed("anna", "10.0.0.1")
    assert wait(throttle, "anna", "10.0.0.1") > 0
    clock.now += module.FORGOTTEN_AFTER + 1
    throttle.failed("anna", "10.0.0.1")
    clock.now += module.FORGOTTEN_AFTER + 1
    assert wait(throttle, "anna", "10.0.0.1") == 0


def test_strangers_make_an_account_wait_half_a_minute_at_most_and_not_where_it_is_known(throttle: Throttle):
    throttle.succeeded("anna", "192.0.2.1")
    for number in range(500):
        throttle.failed("anna", f"10.0.{number // 250}.{number % 250}")
    assert wait(throttle, "anna", "198.51.100.1") == 31
    assert wait(throttle, "anna", "192.0.2.1") == 0


def test_one_source_trying_many_accounts_waits(throttle: Throttle):
    for number in range(20):
        throttle.failed(f"account-{number}", "10.0.0.1")
    assert wait(throttle, "another", "10.0.0.1") > 0
    assert wait(throttle, "another", "10.0.0.2") == 0


def test_signing_in_oneself_does_not_wipe_what_the_source_did(throttle: Throttle):
    for number in range(20):
        throttle.failed(f"account-{number}", "10.0.0.1")
        throttle.succeeded("own", "10.0.0.1")
    assert wait(throttle, "another", "10.0.0.1") > 0


def test_a_subscriber_with_many_addresses_is_one_source(throttle: Throttle):
    for number in range(20):
        throttle.failed(f"account-{number}", f"2001:db8:1:2::{number:x}")
    assert wait(throttle, "another", "2001:db8:1:2:ffff::1") > 0
    assert wait(throttle, "another", "2001:db8:1:3::1") == 0
    assert network_of("unix socket") == "unix socket"


def test_memory_is_bounded_whatever_is_sent(throttle: Throttle, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_KEPT", 10)
    for number in range(100):
        throttle.failed(f"account-{number}", f"10.0.0.{number}")
        throttle.succeeded(f"account-{number}", f"10.0.0.{number}")
    kept = (throttle._pairs._kept, throttle._sources._kept, throttle._accounts._kept, throttle._known)
    assert max(map(len, kept)) == 10
