"""The worker's part in retention: once an hour, and without a pause while something is left to destroy."""

import time
from datetime import datetime

from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.logs import get_log
from indexer.retention import Clock, announce_due, believe, clock_of, destroy_announced, empty_closed
from indexer.turns import ERASURE, take_turn
from models.installation import Installation
from models.retention import RetentionState
from models.types import now

LOOK_SECONDS = 3600.0


class RetentionKeeper:
    """One per worker. Of several each destroys other photos."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._look_at = 0.0
        self._log = get_log()

    def step(self) -> bool:
        """Whether there is more to destroy. What the database raises."""
        if time.monotonic() < self._look_at:
            return False
        if keep_retention(self._context, now()):
            return True
        self._look_at = time.monotonic() + LOOK_SECONDS
        return False


def keep_retention(context: Context, moment: datetime) -> bool:
    """One step of it at ``moment``; whether something was destroyed, and more may be left."""
    with context.database.reading() as session:
        clock = clock_of(session.get(RetentionState, 1), moment)
    if clock is not Clock.RIGHT:
        get_log().warning("retention_waits", reason=f"clock_{clock}")
        return False
    with context.database.writing() as session:
        return _step(session, context, moment)


def _step(session: Session, context: Context, moment: datetime) -> bool:
    take_turn(session, ERASURE)
    if session.get(Installation, 1) is None:  # nobody has chosen yet how long anything is kept
        return False
    state = believe(session, moment)
    gone = destroy_announced(session, state, moment)
    emptied = not gone and empty_closed(session, context.keyring, moment)
    announced = 0 if gone else announce_due(session, state, moment)
    if gone or emptied or announced:
        get_log().info("retention", photos=gone, cases=int(emptied), candidates=0, done=announced)
    return bool(gone or emptied)
