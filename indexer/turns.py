"""Turns: work that must not happen at the same moment, one after the other.

SQLite has one writer at a time, which is turn enough. PostgreSQL takes advisory locks that end with the transaction;
what is read after a turn was taken is what the one before committed.

Who waits for whom, for the whole house: a transaction takes what it needs from the top down, so no two wait for each
other. Rows of one kind are locked in the order of their ids; an account is locked without its key (`key_share`).

    ==== ======================================= =======================================================
    1    turn of an Idempotency-Key              every creating call
    2    turns `review queue`, `releases`, of an the next assignment; agreeing to a release; searching as often as
         account's searches, `standing` of one   is allowed; recording what standing search found
         pack
    3    row of a case                           whatever changes a case or what belongs to it, and its searches
    4    turn `erasure`                          shared: uploads, recorded searches; alone: withdrawals, erasures
    5    turns of a volunteer's uploads, then of uploads; of the same bytes
         a photo's digest
    6    row of a receipt, erasure, photo        withdrawals, erasures, uploads; the worker with no turn
    7    rows of candidates, assignments, then   answers, adjudication, release, closing, erasures, standing search
         seeded pairs
    8    rows of discarded blobs, of messages    whatever keeps or discards stored bytes; telling the operator
    9    turns of a pack, its cohort, its links  its first template; measuring a cohort; linking faces
    10   numbers of gallery changes              drawn at the commit
    11   numbers of the audit log                drawn last
    ==== ======================================= =======================================================
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
