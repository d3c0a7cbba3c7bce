"""Numbers that rise in the order in which transactions commit.

A sequence gives numbers when they are drawn, not when they are committed: a follower that has seen number 8 would
never look for a 7 that commits later. So the number is drawn last in its transaction, under a lock held until commit.
"""

from zlib import crc32

from sqlalchemy import func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session


def next_number(session: Session, column: InstrumentedAttribute[int]) -> int:
    """The number after the highest of ``column``; nobody else draws one until this transaction ends.

    SQLite has one writer at a time, which is lock enough. PostgreSQL takes an advisory lock named after the column.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": crc32(str(column).encode())})
    return (session.scalar(select(func.max(column))) or 0) + 1
