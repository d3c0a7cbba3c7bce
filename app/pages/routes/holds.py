"""Legal holds before a supervisor: what must not be destroyed, and lifting it."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deps import HouseDep
from app.errors import RequestInvalid, status_of
from app.house import House
from app.pages.attempts import attempt
from app.pages.deps import (
    Form,
    ListPage,
    PageReading,
    Pages,
    PagesDep,
    SupervisorPage,
    fields_of,
    read_form,
    see_other,
)
from app.paging import Page, paged
from app.schemas.holds import NewHold
from app.services.holds import lay_hold, lift_hold
from app.services.waiting import names_of
from models.case import Case
from models.errors import HomewardError
from models.hold import Hold

router = APIRouter(prefix="/supervision/holds")


@router.get("")
def list_holds(_actor: SupervisorPage, session: PageReading, pages: PagesDep, page: ListPage) -> Response:
    return _shown(pages, session, page)


@router.post("")
def lay(actor: SupervisorPage, house: HouseDep, pages: PagesDep, page: ListPage, form: Form) -> Response:
    """From the page of a case or of a candidate."""
    asked = read_form(NewHold, fields_of(form))
    if isinstance(asked, list):
        return _after(RequestInvalid(), house, pages, page)
    return _after(attempt(house, lambda session: lay_hold(session, actor, asked)), house, pages, page)


@router.post("/{hold_id}/lift")
def lift(
    hold_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, page: ListPage, _form: Form
) -> Response:
    return _after(attempt(house, lambda session: lift_hold(session, actor, hold_id)), house, pages, page)


def _after(told: HomewardError | None, house: House, pages: Pages, page: Page) -> Response:
    if told is None:
        return see_other("/supervision/holds")
    with house.context.database.reading() as session:
        return _shown(pages, session, page, told)


def _shown(pages: Pages, session: Session, page: Page, told: HomewardError | None = None) -> Response:
    holds, cursor = paged(session, select(Hold), page, Hold.made_at, Hold.id, newest_first=True)
    cases = session.scalars(select(Case).where(Case.id.in_([each.case_id for each in holds if each.case_id])))
    return pages.show(
        "supervision/holds.html",
        status_of(type(told)) if told else 200,
        holds=holds,
        numbers={case.id: case.number for case in cases},
        names=names_of(session, [each for hold in holds for each in (hold.made_by, hold.lifted_by)]),
        cursor=cursor,
        told=told,
    )
