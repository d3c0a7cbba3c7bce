"""What waits for a supervisor, what happened lately, and all cases."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
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


def _links(session: Session, alerts: list[AlertOut]) -> dict[UUID, str]:
    """By alert, where what it is about can be seen; a candidate that is decided by now is not seen any more."""
    ids = {kind: [UUID(each.object_id) for each in alerts if each.object_type == kind] for kind in _PLACES}
    cases = session.execute(select(Reference.id, Reference.case_id).where(Reference.id.in_(ids["reference"])))
    case_of = {str(row.id): row.case_id for row in cases}
    seen = visible_candidates().with_only_columns(Candidate.id).where(Candidate.id.in_(ids["candidate"]))
    here = {str(each) for each in session.scalars(seen)}
    links = {}
    for alert in alerts:
        about = case_of.get(alert.object_id) if alert.object_type == "reference" else alert.object_id
        if about and (alert.object_type != "candidate" or about in here):
            links[alert.id] = _PLACES[alert.object_type].format(about)
    return links


_PLACES = {
    "case": "/supervision/cases/{}",
    "reference": "/supervision/cases/{}",
    "candidate": "/supervision/candidates/{}",
    "erasure": "/supervision/withdrawals",
    "user": "/supervision/accounts",
}
