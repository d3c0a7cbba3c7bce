"""Slows guessing down: each failure makes the next try wait longer.

Counted by source, by account, and by the two together. Nobody can lock another out: what strangers do to an account
makes it wait half a minute at most, and not at all where it was signed in from before.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

from app.errors import TooManyRequests

FORGOTTEN_AFTER = 3600.0
MOST_KEPT = 10_000  # of each kind: bounded memory, whatever is sent


@dataclass(frozen=True)
class Patience:
    """How many failures are free, and the longest wait in seconds after that."""

    free: int
    longest: float

    def wait(self, failures: int) -> float:
        """2, 4, 8 ... seconds after the free ones."""
        over = failures - self.free
        return 0.0 if over < 0 else min(2.0 ** min(over + 1, 30), self.longest)


@dataclass
class _Failures:
    count: int
    last: float


class _Counter:
    """Failures of the last hour by name."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._kept: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, name: str, now: float) -> float:
        failures = self._kept.get(name)
        if failures is None or now - failures.last > FORGOTTEN_AFTER:
            self._kept.pop(name, None)
            return 0.0
        return self._patience.wait(failures.count) - (now - failures.last)

    def note(self, name: str, now: float) -> None:
        failures = self._kept.setdefault(name, _Failures(0, now))
        failures.count, failures.last = failures.count + 1, now
        self._kept.move_to_end(name)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self, name: str) -> None:
        self._kept.pop(name, None)


class Throttle:
    """Failed sign-ins. Safe to use from several threads. One per service process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._pairs = _Counter(Patience(free=5, longest=900))
        self._sources = _Counter(Patience(free=20, longest=900))  # an office behind one address
        self._accounts = _Counter(Patience(free=20, longest=30))
        self._known: OrderedDict[str, None] = OrderedDict()  # pairs that have signed in

    def check(self, account: str, source: str) -> None:
        """`TooManyRequests` while one of them has to wait."""
        with self._lock:
            wait = max(self._waits(account, network_of(source)))
        if wait > 0:
            raise TooManyRequests(seconds=int(wait) + 1)

    def failed(self, account: str, source: str) -> None:
        with self._lock:
            now, network = self._clock(), network_of(source)
            self._pairs.note(f"{account} {network}", now)
            self._sources.note(network, now)
            self._accounts.note(account, now)

    def succeeded(self, account: str, source: str) -> None:
        """The pair's failures are forgotten; the source's are not, or one own account would wipe them."""
        pair = f"{account} {network_of(source)}"
        with self._lock:
            self._pairs.forget(pair)
            self._known[pair] = None
            self._known.move_to_end(pair)
            if len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)

    def _waits(self, account: str, network: str) -> Iterator[float]:
        now, pair = self._clock(), f"{account} {network}"
        yield self._pairs.wait(pair, now)
        yield self._sources.wait(network, now)
        yield 0.0 if pair in self._known else self._accounts.wait(account, now)


def network_of(source: str) -> str:
    """An IPv6 source counts by its /64: one subscriber holds all of it."""
    try:
        address = ip_address(source)
    except ValueError:
        return source[:64]
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else source
