"""What one volunteer may send in a day, and how the photos of several take turns in the queue.

A stolen key or a script gone wrong must fill neither the disk nor everybody's waiting time. So each account has so many
files a day, refused ones counted; and whoever sends many at once gets places in the queue that lie apart, between which
the photos of others fit. A place is a moment: the queue is in their order, and nobody waits for one to come.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from indexer.clock import database_now
from indexer.errors import UploadQuotaReached
from indexer.settings import IndexerSettings
from indexer.turns import take_turn
from models.alert import Alert, AlertKind
from models.upload_count import UploadCount

SPACING = timedelta(seconds=1)
"""So far apart stand photos of one volunteer who sends faster than that. It is about what a worker takes for one; more
would let a trickle of others hold a folder up for longer."""


def require_allowance(session: Session, settings: IndexerSettings, user_id: UUID) -> None:
    """Before a file is read. `UploadQuotaReached`."""
    moment = database_now(session)
    count = session.get(UploadCount, user_id)
    if count is not None and count.day == moment.date() and count.photos >= settings.photos_per_volunteer_a_day:
        raise UploadQuotaReached(limit=settings.photos_per_volunteer_a_day, seconds=_seconds_left(moment))


def count_file(session: Session, settings: IndexerSettings, user_id: UUID) -> UploadCount:
    """One more file today; the supervisors hear of the last one that is allowed. `UploadQuotaReached`."""
    take_turn(session, uploads_of(user_id))
    require_allowance(session, settings, user_id)
    today = database_now(session).date()
    count = session.get(UploadCount, user_id)
    if count is None:
        count = UploadCount(user_id=user_id, day=today, photos=0)
        session.add(count)
    count.photos = 1 if count.day != today else count.photos + 1
    count.day = today
    if count.photos == settings.photos_per_volunteer_a_day:
        session.add(Alert(kind=AlertKind.UNUSUAL_VOLUME, object_type="user", object_id=str(user_id)))
    session.flush()
    return count


def next_place(count: UploadCount, moment: datetime) -> datetime:
    """Where a new photo of this volunteer stands in the queue."""
    earliest = count.queued_until + SPACING if count.queued_until else moment
    count.queued_until = max(moment, earliest)
    return count.queued_until


def uploads_of(user_id: UUID) -> str:
    """The turn that this account's uploads take."""
    return f"uploads {user_id}"


def _seconds_left(moment: datetime) -> int:
    """Until the next day begins, in UTC."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((midnight - moment).total_seconds()) + 1
