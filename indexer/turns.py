"""Turns: work that must not happen at the same moment, one after the other.

SQLite has one writer at a time, which is turn enough. PostgreSQL takes advisory locks that end with the transaction;
what is read after a turn was taken is what the one before committed.
"""

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session

ERASURE = "erasure"
"""Uploads share it, an erasure has it alone: no upload asks the ledger while an entry is being made."""


def take_turn(session: Session, name: str) -> None:
    """Wait until nobody else has or shares the turn ``name``; keep it until this transaction ends."""
    if _is_postgresql(session):
        session.execute(select(func.pg_advisory_xact_lock(_number(name))))


def share_turn(session: Session, name: str) -> None:
    """As `take_turn`, beside others who share it."""
    if _is_postgresql(session):
        session.execute(select(func.pg_advisory_xact_lock_shared(_number(name))))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
