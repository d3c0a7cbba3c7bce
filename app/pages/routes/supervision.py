"""What waits for a supervisor, what happened lately, and all cases."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from app.deps import HouseDep
from app.pages.deps import ListPage, PageReading, PagesDep, SupervisorPage
from app.paging import paged
from app.queries import visible_cases
from app.schemas.overview import AlertOut
from app.services.alerts import described, visible_alerts
from app.services.candidates import visible_candidates
from app.services.waiting import names_of, waiting_for
from models.alert import Alert
from models.candidate import Candidate
from models.case import Case, CaseState
from models.reference import Reference
from models.types import now

router = APIRouter()
LATELY = 20


@router.get("/supervision")
def to_do(actor: SupervisorPage, house: HouseDep, session: PageReading, pages: PagesDep) -> Response:
    alerts = (
        visible_alerts(actor, house.settings.batch_hour_utc, now()).order_by(Alert.at.desc(), Alert.id).limit(LATELY)
    )
    lately = described(session, list(session.scalars(alerts)))
    waiting = waiting_for(session, actor)
    people = [case.worker_id for case in waiting.cases] + [release.proposed_by for release in waiting.releases]
    return pages.show(
        "supervision/to_do.html",
        waiting=waiting,
        names=names_of(session, people),
        lately=lately,
        links=_links(session, lately),
    )


@router.get("/supervision/cases")
def all_cases(
    actor: SupervisorPage,
    session: PageReading,
    pages: PagesDep,
    page: ListPage,
    state: Annotated[CaseState | None, Query()] = None,
) -> Response:
    ours = visible_cases(actor)
    wanted = ours if state is None else ours.where(Case.state == state)
    cases, cursor = paged(session, wanted, page, Case.opened_at, Case.id, newest_first=True)
    names = names_of(session, [case.worker_id for case in cases])
    return pages.show("supervision/cases.html", cases=cases, names=names, state=state, cursor=cursor)


@dataclass(frozen=True)
class Place:
    """Where what an alert is about can be seen, and of which case it is."""

    path: str
    number: str


def _links(session: Session, alerts: list[AlertOut]) -> dict[UUID, Place]:
    """By alert; a candidate that is decided by now is not seen any more."""
    cases = select(literal("/supervision/cases/"), Case.id, Case.id, Case.number)
    references = select(literal("/supervision/cases/"), Reference.id, Case.id, Case.number)
    of_case = references.join(Case, Reference.case_id == Case.id)
    candidates = visible_candidates().join(Case, Candidate.case_id == Case.id)
    shown = candidates.with_only_columns(literal("/supervision/candidates/"), Candidate.id, Candidate.id, Case.number)
    about = {UUID(alert.object_id) for alert in alerts}
    here = {"user": Place("/supervision/accounts", ""), "erasure": Place("/supervision/withdrawals", "")}
    places: dict[str, Place] = {}
    for query, column in ((cases, Case.id), (of_case, Reference.id), (shown, Candidate.id)):
        rows = session.execute(query.where(column.in_(about)))
        places |= {str(found): Place(f"{path}{seen}", number) for path, found, seen, number in rows}
    told = {alert.id: here.get(alert.object_type) or places.get(alert.object_id) for alert in alerts}
    return {alert_id: place for alert_id, place in told.items() if place}
