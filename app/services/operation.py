"""What an admin watches beside the counts: photos by day, what retention is coming to, room on the disk."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from indexer.settings import IndexerSettings
from models.candidate import Candidate
from models.face import Face
from models.photo import Photo, PhotoState
from models.records import Installation
from models.types import now

DAYS = 30
DAYS_PER_MONTH = 365.25 / 12
When = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


@dataclass(frozen=True)
class Day:
    """Photos of one day in UTC: that came, and that were worked through."""

    day: date
    came: int
    done: int


@dataclass(frozen=True)
class Retention:
    """Photos that led to nothing: past their ``months``, and those that pass them within so many days."""

    months: int
    past: int
    within_30: int
    within_90: int


@dataclass(frozen=True)
class Storage:
    """Bytes. ``free`` is what is left on the disk that holds the data; ``database`` None where it is elsewhere."""

    total: int
    free: int
    database: int | None
    gallery: int


def photos_by_day(session: Session) -> list[Day]:
    """The last thirty days and today, oldest first."""
    today = now().date()
    days = [today - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    came, done = (_counts(session, column, days) for column in (Photo.uploaded_at, Photo.done_at))
    return [Day(*row) for row in zip(days, came, done, strict=True)]


def _counts(session: Session, column: When, days: list[date]) -> list[int]:
    """One pass over the photos, however many days are asked for."""
    starts = [datetime.combine(day, time(), UTC) for day in days]
    within = [func.count().filter(and_(column >= start, column < start + timedelta(days=1))) for start in starts]
    return list(session.execute(select(*within).select_from(Photo).where(column >= starts[0])).one())


def retention_forecast(session: Session) -> Retention:
    months = session.get_one(Installation, 1).retention_months
    kept = timedelta(days=months * DAYS_PER_MONTH)
    past, in_30, in_90 = (
        session.scalar(_idle_before(now() - kept + timedelta(days=days))) or 0 for days in (0, 30, 90)
    )
    return Retention(months, past, in_30 - past, in_90 - past)


def _idle_before(moment: datetime) -> Select[int]:
    """How many photos without a candidate, and that nobody is deciding on, came before ``moment``."""
    at_work = exists().where(Face.photo_id == Photo.id, Candidate.face_id == Face.id)
    idle = (
        select(func.count()).select_from(Photo).where(Photo.state.in_([PhotoState.DONE, PhotoState.FAILED]), ~at_work)
    )
    return idle.where(Photo.uploaded_at < moment)


def storage(settings: IndexerSettings) -> Storage:
    disk = shutil.disk_usage(settings.data_dir)
    database = (
        _bytes_of(settings.data_dir, f"{settings.database_file.name}*") if settings.database_url is None else None
    )
    return Storage(disk.total, disk.free, database, _bytes_of(settings.snapshot_dir, "*"))


def _bytes_of(folder: Path, pattern: str) -> int:
    return sum(file.stat().st_size for file in folder.glob(pattern) if file.is_file()) if folder.is_dir() else 0
