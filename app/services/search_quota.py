"""How often a case may be searched in a day, and how often one account may search.

Whoever could search as often as they like could find out who is in the gallery, and follow one child through it. A
search of a case by hand is rarely worth repeating: standing search compares every new face with it anyway.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.errors import SearchQuotaReached
from app.settings import ServiceSettings
from indexer.turns import take_turn
from models.actor import Actor
from models.alert import Alert, AlertKind
from models.candidate import Search, SearchKind
from models.types import now

DAY = timedelta(days=1)


def require_search_quota(session: Session, settings: ServiceSettings, actor: Actor, case_id: UUID) -> None:
    """That one more search is allowed, within the last 24 hours. `SearchQuotaReached`."""
    _require_fewer(session, Search.case_id == case_id, settings.searches_per_case_a_day)
    _require_fewer(session, Search.asked_by == actor.id, settings.searches_per_worker_a_day)


def spend_search(session: Session, settings: ServiceSettings, actor: Actor, case_id: UUID) -> None:
    """One more; the supervisors hear when an account has none left. `SearchQuotaReached`."""
    take_turn(session, f"searches {actor.id}")
    require_search_quota(session, settings, actor, case_id)
    if _made(session, Search.asked_by == actor.id)[0] + 1 == settings.searches_per_worker_a_day:
        session.add(Alert(kind=AlertKind.UNUSUAL_VOLUME, object_type="user", object_id=str(actor.id)))


def _require_fewer(session: Session, whose: ColumnElement[bool], limit: int) -> None:
    made, first = _made(session, whose)
    if first is not None and made >= limit:
        seconds = int((first + DAY - now()).total_seconds()) + 1
        raise SearchQuotaReached(limit=limit, seconds=max(seconds, 1))


def _made(session: Session, whose: ColumnElement[bool]) -> tuple[int, datetime | None]:
    """How many were asked for in the last day, and when the first of them was."""
    asked = Search.kind == SearchKind.ASKED, Search.at > now() - DAY
    count, first = session.execute(select(func.count(), func.min(Search.at)).where(whose, *asked)).one()
    return count, first
