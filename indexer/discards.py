"""Stored bytes that nothing needs, and how none is ever forgotten.

    announce   a row says "delete this after ..."          before the bytes are written
    keep       that row goes away                          in the commit that needs the bytes
    discard    a row says "delete this now"                in the commit that needs them no more
    sweep      bytes, then row                             by the worker, any time, as often as it likes

A writer that dies between announcing and keeping leaves a row, and so the sweep finds what it left.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from indexer.clock import database_now
from indexer.context import Context
from indexer.errors import StoredTooLate
from models.erasure import DiscardedBlob
from models.session import Database

SWEEP_LIMIT = 100
"""Files deleted in one transaction, each flushed: on SQLite nobody else writes meanwhile."""


def announce(database: Database, names: Sequence[str], seconds: float) -> None:
    """Say that ``names`` are about to be written, and are rubbish unless kept within ``seconds``."""
    with database.writing() as session:
        until = database_now(session) + timedelta(seconds=seconds)
        session.add_all(DiscardedBlob(name=name, at=until) for name in names)


def put_off(session: Session, names: Sequence[str], until: datetime) -> None:
    """Their writer is still at work."""
    session.execute(update(DiscardedBlob).where(DiscardedBlob.name.in_(names)).values(at=until))


def keep(session: Session, names: Sequence[str]) -> None:
    """From this commit on ``names`` are needed. `StoredTooLate` when the sweep may have been at one of them."""
    if not names:
        return
    ours = select(DiscardedBlob.name).where(DiscardedBlob.name.in_(names), DiscardedBlob.at > database_now(session))
    if len(session.scalars(ours.with_for_update()).all()) < len(names):
        raise StoredTooLate
    session.execute(delete(DiscardedBlob).where(DiscardedBlob.name.in_(names)))


def discard(session: Session, names: Sequence[str]) -> None:
    """From this commit on nothing needs ``names``."""
    for name in names:
        session.merge(DiscardedBlob(name=name, at=database_now(session)))


def sweep_discarded(context: Context) -> int:
    """Delete the bytes that nothing needs, `SWEEP_LIMIT` at most; how many. `StorageUnavailable`: sweep again later."""
    with context.database.reading() as session:
        due = select(DiscardedBlob).where(DiscardedBlob.at <= database_now(session)).limit(SWEEP_LIMIT)
        if not session.scalars(due).all():  # the usual case, and it should not take the one writer
            return 0
    with context.database.writing() as session:
        # Locked until the row is gone, so that `keep` cannot come in between.
        rubbish = session.scalars(due.with_for_update(skip_locked=True)).all()
        for blob in rubbish:
            context.store.delete(blob.name)
            session.delete(blob)
        return len(rubbish)
