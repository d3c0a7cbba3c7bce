"""Anchors of the audit log, kept where whoever can rewrite the log cannot: one line a day, added and never changed.

A line is ``NUMBER:HASH MOMENT``: the newest row, its hash, and when that was so.
"""

import fcntl
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.errors import AnchorFileUnreadable
from indexer.logs import get_log
from models.audit import Anchor, AuditEntry, head_of
from models.types import now

LOOK_SECONDS = 3600.0
_MOST_BYTES = 16 * 2**20
"""About four centuries of days."""


@dataclass(frozen=True)
class KeptAnchor:
    """An anchor, and when it was taken."""

    anchor: Anchor
    at: datetime | None

    @classmethod
    def parse(cls, line: str) -> Self:
        """The moment may be missing: an anchor that somebody wrote down by hand. ValueError."""
        anchor, _, moment = line.strip().partition(" ")
        return cls(Anchor.parse(anchor), datetime.fromisoformat(moment.strip()) if moment.strip() else None)

    def __str__(self) -> str:
        return f"{self.anchor} {self.at.isoformat(timespec='seconds')}" if self.at else str(self.anchor)


def anchor_now(session: Session) -> KeptAnchor:
    return KeptAnchor(head_of(session), now())


def read_anchors(file: Path) -> list[KeptAnchor]:
    """Of every line that is not empty. `AnchorFileUnreadable`."""
    try:
        with file.open("rb") as opened:
            return _parsed(opened, file)
    except OSError as error:
        raise AnchorFileUnreadable(path=file, reason=error.strerror or type(error).__name__) from None


def _parsed(opened: BinaryIO, file: Path) -> list[KeptAnchor]:
    kept = []
    for number, line in enumerate(opened.read(_MOST_BYTES).decode(errors="replace").splitlines(), start=1):
        try:
            kept += [KeptAnchor.parse(line)] if line.strip() else []
        except ValueError as error:
            raise AnchorFileUnreadable(path=file, reason=f"line {number}: {error}") from None
    return kept


class AnchorKeeper:
    """The worker's part: looks once an hour, adds a line where the newest is of another day. Never reports work.

    A log that no longer fits the newest anchor gets no further one: it would make the new log look kept.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._look_at = 0.0
        self._log = get_log()

    def step(self) -> bool:
        """What the database raises; a place that cannot be written is told in the log, and tried again in an hour."""
        file = self._context.settings.anchor_file
        if file is None or time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_SECONDS
        try:
            self._add_line(file)
        except AnchorFileUnreadable as error:
            self._log.error("anchor_not_written", code=error.code)
        except OSError as error:
            self._log.error("anchor_not_written", reason=type(error).__name__)
        return False

    def _add_line(self, file: Path) -> None:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)  # of two workers one adds the line
            kept = _parsed(opened, file)
            with self._context.database.reading() as session:
                new = anchor_now(session)
                fits = not kept or _is_in_log(session, kept[-1].anchor)
            if not fits:
                self._log.error("audit_log_does_not_fit_anchor")
            elif new.at is not None and not any(each.at and each.at.date() == new.at.date() for each in kept[-1:]):
                opened.write(f"{new}\n".encode())
                opened.flush()
                os.fsync(opened.fileno())


def _is_in_log(session: Session, anchor: Anchor) -> bool:
    found = session.scalar(select(AuditEntry.hash).where(AuditEntry.number == anchor.number))
    return anchor.number == 0 or found == anchor.hash
