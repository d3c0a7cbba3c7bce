"""Slows guessing down: each failure makes the next try wait longer, for the account and for the source.

Nobody is locked out for ever: the longest wait is a quarter of an hour, and an hour of peace forgets all. The right
password from a source that is not guessing still waits while its account is being guessed at, and no longer than that.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from app.errors import TooManyRequests

FREE_TRIES = 5
FREE_TRIES_OF_SOURCE = 20  # an office behind one address
LONGEST = 900.0
FORGOTTEN_AFTER = 3600.0
MOST_KEPT = 10_000  # of each kind: bounded memory, whatever is sent


@dataclass
class _Failures:
    count: int
    last: float

    def wait(self, free: int, now: float) -> float:
        """Seconds until the next try: 2, 4, 8 ... after the free ones."""
        over = self.count - free
        return 0.0 if over < 0 else min(2.0 ** (over + 1), LONGEST) - (now - self.last)


class Throttle:
    """Failed sign-ins of the last hour. Safe to use from several threads. One per service process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._accounts: OrderedDict[str, _Failures] = OrderedDict()
        self._sources: OrderedDict[str, _Failures] = OrderedDict()

    def check(self, account: str, source: str) -> None:
        """`TooManyRequests` while either has to wait."""
        with self._lock:
            now = self._clock()
            wait = max(
                self._wait(self._accounts, account, FREE_TRIES, now),
                self._wait(self._sources, source, FREE_TRIES_OF_SOURCE, now),
            )
        if wait > 0:
            raise TooManyRequests(seconds=int(wait) + 1)

    def failed(self, account: str, source: str) -> None:
        with self._lock:
            self._note(self._accounts, account)
            self._note(self._sources, source)

    def succeeded(self, account: str) -> None:
        """The account's failures are forgotten; its source's are not, or one own account would wipe them."""
        with self._lock:
            self._accounts.pop(account, None)

    def _wait(self, kept: OrderedDict[str, _Failures], name: str, free: int, now: float) -> float:
        failures = kept.get(name)
        if failures is None:
            return 0.0
        if now - failures.last > FORGOTTEN_AFTER:
            del kept[name]
            return 0.0
        return failures.wait(free, now)

    def _note(self, kept: OrderedDict[str, _Failures], name: str) -> None:
        failures = kept.setdefault(name, _Failures(0, 0.0))
        failures.count, failures.last = failures.count + 1, self._clock()
        kept.move_to_end(name)
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
