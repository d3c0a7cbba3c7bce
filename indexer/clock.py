"""The one clock that leases and deadlines are told by."""

from datetime import datetime
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.types import now


def database_now(session: Session) -> datetime:
    """The database's present moment: workers on several machines may have clocks that differ."""
    if session.get_bind().dialect.name == "postgresql":
        return cast("datetime", session.scalar(select(func.clock_timestamp())))
    return now()
