"""Searches of a case worker's case, and the ranked lists they found."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.deps import HouseDep
from app.errors import CaseNotApproved, IdempotencyKeyReused, status_of
from app.pages.case_forms import id_in, new_once, once_of
from app.pages.deps import (
    CaseWorkerPage,
    Form,
    ListPage,
    PageLooking,
    PageReading,
    PagesDep,
    fields_of,
    read_form,
    see_other,
)
from app.paging import paged
from app.queries import visible_case
from app.schemas.searches import NewSearch
from app.services.searches import read_search, run_search, searches_of, summaries
from app.services.worker_view import releases_told
from indexer.errors import CaseNotSearchable, GalleryNotReady
from models.candidate import Search

router = APIRouter(prefix="/cases/{case_id}/searches")
_TOLD = (CaseNotApproved, CaseNotSearchable, GalleryNotReady, IdempotencyKeyReused)


@router.get("")
def list_searches(
    case_id: UUID, actor: CaseWorkerPage, pages: PagesDep, session: PageReading, page: ListPage
) -> Response:
    case = visible_case(session, actor, case_id)
    shown = {"case": case, "searches": [], "next_cursor": None, "faults": [], "reason": "", "told": None}
    if case.is_searchable:
        found, cursor = paged(session, searches_of(case), page, Search.at, Search.id, newest_first=True)
        shown |= {"searches": summaries(session, found), "next_cursor": cursor}
    return pages.show("cases/searches.html", once=new_once(), **shown)


@router.post("")
def take_search(
    case_id: UUID, request: Request, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, form: Form
) -> Response:
    """With the reason, which goes into the audit log."""
    with house.context.database.reading() as session:
        case = visible_case(session, actor, case_id)
    fields = fields_of(form)
    asked = read_form(NewSearch, {"reason": fields.get("reason", "")})
    shown = {"case": case, "searches": [], "next_cursor": None, "once": new_once(), "reason": fields.get("reason", "")}
    if isinstance(asked, list):
        return pages.show("cases/searches.html", 422, faults=asked, told=None, **shown)
    try:
        made = run_search(house, actor, once_of(house, request, fields), case_id, asked)
    except _TOLD as told:
        return pages.show("cases/searches.html", status_of(type(told)), faults=[], told=told, **shown)
    return see_other(f"/cases/{case_id}/searches/{id_in(made)}")


@router.get("/{search_id}")
def see_search(
    case_id: UUID, search_id: UUID, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, session: PageLooking
) -> Response:
    """As it was found, with how far people are now. A look is an act in the audit log."""
    search = read_search(session, house.context.keyring, actor, case_id, search_id)
    case = visible_case(session, actor, case_id)
    releases = releases_told(session, [each.id for each in search.candidates])
    return pages.show("cases/search.html", case=case, search=search, releases=releases)
