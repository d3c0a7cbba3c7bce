"""What an admin watches beside the counts: photos by day, room on the disk."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from indexer.settings import IndexerSettings
from models.photo import Photo
from models.types import now

DAYS = 30
When = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


@dataclass(frozen=True)
class Day:
    """Photos of one day in UTC: that came, and that were worked through."""

    day: date
    came: int
    done: int


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


def storage(settings: IndexerSettings) -> Storage:
    disk = shutil.disk_usage(settings.data_dir)
    database = (
        _bytes_of(settings.data_dir, f"{settings.database_file.name}*") if settings.database_url is None else None
    )
    return Storage(disk.total, disk.free, database, _bytes_of(settings.snapshot_dir, "*"))


def _bytes_of(folder: Path, pattern: str) -> int:
    return sum(file.stat().st_size for file in folder.glob(pattern) if file.is_file()) if folder.is_dir() else 0
