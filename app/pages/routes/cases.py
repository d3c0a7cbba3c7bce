"""A case worker's cases: opened step by step, described, looked at, closed."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.deps import HouseDep
from app.errors import DatesImpossible
from app.pages.case_forms import TICKS, case_in, id_in, is_settled, new_once, once_of
from app.pages.deps import (
    CaseWorkerPage,
    Form,
    ListPage,
    PageLooking,
    PageReading,
    Pages,
    PagesDep,
    fields_of,
    read_form,
    see_other,
)
from app.paging import paged
from app.queries import visible_case, visible_cases
from app.schemas.cases import CaseOut, Closing
from app.services.case_desk import desk_of, news_of, rows_of
from app.services.cases import change_case, close_case, described, open_case, read_case
from models.case import Case
from models.types import now

router = APIRouter()


@router.get("/cases")
def list_cases(
    actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, session: PageLooking, page: ListPage
) -> Response:
    found, cursor = paged(session, visible_cases(actor), page, Case.opened_at, Case.id, newest_first=True)
    rows = rows_of(session, house.context.keyring, actor, found)
    news = news_of(session, actor, house.settings.batch_hour_utc, now())
    return pages.show("cases/list.html", rows=rows, next_cursor=cursor, news=news)


@router.get("/cases/new")
def new_case_page(_actor: CaseWorkerPage, pages: PagesDep) -> Response:
    return _new_case(pages, {}, [])


@router.post("/cases")
def take_new_case(request: Request, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """And on to the references."""
    fields, keyring = fields_of(form), house.context.keyring
    asked = case_in(fields)
    if isinstance(asked, list):
        return _new_case(pages, fields, asked)
    with house.context.database.writing() as session:
        made = once_of(house, request, fields).answer(
            session,
            actor,
            asked,
            lambda: described(session, keyring, open_case(session, keyring, actor, asked)),
            lambda case_id: read_case(session, keyring, actor, case_id),
        )
    return see_other(f"/cases/{id_in(made)}/references/new")


@router.get("/cases/{case_id}")
def see_case(case_id: UUID, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, session: PageLooking) -> Response:
    """A look at a case is an act in the audit log."""
    told = read_case(session, house.context.keyring, actor, case_id)
    case = visible_case(session, actor, case_id)
    desk = desk_of(session, house.context.keyring, actor, case)
    news = news_of(session, actor, house.settings.batch_hour_utc, now(), case)
    return pages.show("cases/case.html", case=told, desk=desk, news=news, ticks=TICKS, once=new_once())


@router.get("/cases/{case_id}/edit")
def edit_page(case_id: UUID, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, session: PageLooking) -> Response:
    case = read_case(session, house.context.keyring, actor, case_id)
    return _edit(pages, case, case.model_dump(exclude_none=True), [])


@router.post("/cases/{case_id}/edit")
def take_changes(case_id: UUID, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    fields, keyring, database = fields_of(form), house.context.keyring, house.context.database
    with database.writing() as session:
        case = read_case(session, keyring, actor, case_id)
    asked = case_in(fields, without=is_settled(case.state))
    if isinstance(asked, list):
        return _edit(pages, case, fields, asked)
    try:
        with database.writing() as session:
            change_case(session, keyring, actor, case_id, asked)
    except DatesImpossible:
        return _edit(pages, case, fields, ["form"])
    return see_other(f"/cases/{case_id}")


@router.get("/cases/{case_id}/close")
def close_page(case_id: UUID, actor: CaseWorkerPage, pages: PagesDep, session: PageReading) -> Response:
    return _close(pages, visible_case(session, actor, case_id), "", [])


@router.post("/cases/{case_id}/close")
def take_closing(case_id: UUID, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    fields = fields_of(form)
    asked = read_form(Closing, {"reason": fields.get("reason", "")})
    with house.context.database.writing() as session:
        if isinstance(asked, list):
            return _close(pages, visible_case(session, actor, case_id), fields.get("reason", ""), asked)
        close_case(session, actor, case_id, asked.reason)
    return see_other(f"/cases/{case_id}")


def _new_case(pages: Pages, fields: dict[str, str], faults: list[str]) -> Response:
    shown = {"fields": fields, "faults": faults, "ticks": TICKS, "once": new_once(), "today": now().date()}
    return pages.show("cases/new.html", 422 if faults else 200, **shown)


def _edit(pages: Pages, case: CaseOut, fields: Mapping[str, object], faults: list[str]) -> Response:
    shown = {"fields": fields, "faults": faults, "ticks": TICKS, "today": now().date(), "case": case}
    return pages.show("cases/edit.html", 422 if faults else 200, settled=is_settled(case.state), **shown)


def _close(pages: Pages, case: Case, reason: str, faults: list[str]) -> Response:
    return pages.show("cases/close.html", 422 if faults else 200, case=case, reason=reason, faults=faults)
