"""A lease that is renewed for as long as its photo takes."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

from sqlalchemy.exc import InterfaceError, OperationalError

from indexer.claims import Claim, renew
from indexer.clock import database_now
from indexer.discards import put_off
from models.session import Database

RENEWALS_PER_LEASE = 3
MOST_RENEWALS = 30
"""Then the photo counts as stuck: with the default lease, after twenty minutes."""


class LeaseKeeper:
    """While its block runs, a thread renews ``claims`` and puts off the clearing of what is being written.

    A database that does not answer is no error here: either it answers before the lease ends, or the lease is lost,
    which shows when the result is recorded.
    """

    def __init__(self, database: Database, claims: Sequence[Claim], seconds: float) -> None:
        self._database = database
        self._claims = claims
        self._seconds = seconds
        self._written: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_over, name="lease", daemon=True)

    def guard(self, names: Sequence[str]) -> None:
        """``names`` are announced, and are not to be cleared while this lease lasts."""
        self._written = list(names)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _renew_until_over(self) -> None:
        for _ in range(MOST_RENEWALS):
            if self._over.wait(self._seconds / RENEWALS_PER_LEASE):
                return
            try:
                self._renew()
            except (OperationalError, InterfaceError):
                continue

    def _renew(self) -> None:
        with self._database.writing() as session:
            renew(session, self._claims, self._seconds)
            put_off(session, self._written, database_now(session) + timedelta(seconds=self._seconds))
