"""Erasures as an admin sees them: counts of what goes, never what it shows."""

from fastapi import APIRouter, Response
from sqlalchemy import select

from app.deps import HouseDep
from app.errors import NotFound
from app.pages.attempts import attempt
from app.pages.deps import AdminPage, Form, ListPage, PageReading, Pages, PagesDep, fields_of, read_form, see_other
from app.paging import Page, paged
from app.schemas.erasures import NewErasure
from app.services.erasures import all_described, propose_erasure
from models.erasure import Erasure
from models.errors import HomewardError

router = APIRouter(prefix="/operations/erasures")


@router.get("")
def erasures_page(_admin: AdminPage, pages: PagesDep, page: ListPage, _session: PageReading) -> Response:
    return _page(pages, page)


@router.post("")
def propose(actor: AdminPage, house: HouseDep, pages: PagesDep, page: ListPage, form: Form) -> Response:
    """By the id that the photo's volunteer knows. A supervisor decides."""
    fields = fields_of(form)
    asked = read_form(NewErasure, fields)
    if isinstance(asked, list):
        return _page(pages, page, fields=fields, faults=asked)
    try:
        refused = attempt(house, lambda session: propose_erasure(session, actor, asked.photo_id, asked.reason))
    except NotFound as error:  # beside the form: an id is easily mistyped
        refused = error
    return see_other("/operations/erasures") if refused is None else _page(pages, page, refused, fields)


def _page(
    pages: Pages,
    page: Page,
    told: HomewardError | None = None,
    fields: dict[str, str] | None = None,
    faults: list[str] | None = None,
) -> Response:
    with pages.house.context.database.reading() as session:
        found, cursor = paged(session, select(Erasure), page, Erasure.proposed_at, Erasure.id, newest_first=True)
        return pages.show(
            "operations/erasures.html",
            422 if faults or told else 200,
            told=told,
            faults=faults or [],
            fields=fields or {},
            erasures=all_described(session, found),
            next_cursor=cursor,
        )
