"""Who looks at far more than they used to: supervisors hear of it, nobody is stopped.

An account that was taken over, or is misused, does what its role allows, only much more of it. Every look is in the
audit log, so it is counted there: what an account looked at in the last 24 hours, against the most it looked at in any
24 hours of the four weeks before.
"""

import time
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.logs import get_log
from indexer.turns import take_turn
from models.alert import Alert, AlertKind
from models.audit import AuditEntry
from models.types import now

LOOKS = frozenset({
    "audit.read", "candidate.list", "candidate.look", "case.list", "case.read", "reference.look", "release.read",
    "search.read",
})  # fmt: skip
"""Not `assignment.look`: what a reviewer is given has a limit of its own."""
FEW = 300
"""So many looks a day are a day's work for anyone: less is never unusual. One page of a case makes about six."""
TIMES = 3
"""So many times what was the most before. A judgement: a new colleague's cases may double somebody's work."""
DAYS = 28
DAY = timedelta(days=1)
LOOK_SECONDS = 3600.0


class VolumeKeeper:
    """The worker's part: once an hour. Of several workers the first to find something records it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._look_at = 0.0

    def step(self) -> bool:
        """Count, when it is time; never anything left to do at once. What the database raises."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_SECONDS
        with self._context.database.reading() as session:
            found = unusual(session, now())
        if found:
            with self._context.database.writing() as session:
                take_turn(session, "volume")
                told = tell(session, found, now())
            if told:
                get_log().warning("unusual_volume", accounts=told)
        return False


def unusual(session: Session, moment: datetime) -> list[UUID]:
    """The accounts that looked at far more in the last 24 hours than they used to."""
    today = _looks(session, moment - DAY, moment)
    many = {user_id: count for user_id, count in today.items() if count >= FEW}
    if not many:
        return []
    most: Counter[UUID] = Counter()
    for ago in range(1, DAYS + 1):
        most |= _looks(session, moment - (ago + 1) * DAY, moment - ago * DAY)
    return sorted(user_id for user_id, count in many.items() if count > TIMES * most[user_id])


def tell(session: Session, user_ids: list[UUID], moment: datetime) -> int:
    """One alert about each, once in 24 hours; how many are new."""
    recent = select(Alert.object_id).where(Alert.kind == AlertKind.UNUSUAL_VOLUME, Alert.at > moment - DAY)
    known = set(session.scalars(recent))
    new = [str(user_id) for user_id in user_ids if str(user_id) not in known]
    session.add_all(Alert(kind=AlertKind.UNUSUAL_VOLUME, object_type="user", object_id=each) for each in new)
    return len(new)


def _looks(session: Session, start: datetime, end: datetime) -> Counter[UUID]:
    rows = session.execute(
        select(AuditEntry.actor_id, func.count())
        .where(AuditEntry.at > start, AuditEntry.at <= end, AuditEntry.action.in_(LOOKS))
        .group_by(AuditEntry.actor_id)
    )
    return Counter({actor_id: count for actor_id, count in rows if actor_id is not None})
