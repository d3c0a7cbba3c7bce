"""How far a part of the worker has followed the gallery's changes, committed together with what came of them."""

from sqlalchemy.orm import Session

from models.link import Cursor


def cursor(session: Session, name: str) -> int:
    found = session.get(Cursor, name)
    return found.number if found else 0


def move_cursor(session: Session, name: str, before: int, after: int) -> bool:
    """From ``before``, under its lock; False when another worker has moved it meanwhile."""
    found = session.get(Cursor, name, with_for_update=True, populate_existing=True)
    if found is None and before == 0:
        session.add(Cursor(name=name, number=after))
        session.flush()
        return True
    if found is None or found.number != before:
        return False
    found.number = after
    return True
