"""The daily batch: case workers learn at a fixed hour what standing search found, not when a photo came."""

from datetime import datetime, timedelta

_DAY = timedelta(days=1)


def last_batch(hour: int, at: datetime) -> datetime:
    """The latest batch hour (UTC) that is not after ``at``."""
    today = at.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= at else today - _DAY


def next_batch(hour: int, at: datetime) -> datetime:
    """The first batch hour (UTC) after ``at``."""
    return last_batch(hour, at) + _DAY
