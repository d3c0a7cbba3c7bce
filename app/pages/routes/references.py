"""References of a case worker's case: added, their faces boxed, one of them chosen, dated, taken away."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.deps import HouseDep
from app.errors import BodyTooLarge, DatesImpossible, IdempotencyKeyReused, ServiceBusy, status_of
from app.pages.case_forms import dates_in, id_in, new_once, once_of
from app.pages.cookie import FORM_HEADER
from app.pages.deps import (
    CaseWorkerPage,
    Form,
    PageReading,
    Pages,
    PagesDep,
    PageWriting,
    fields_of,
    file_of,
    read_form,
    see_other,
)
from app.pages.uploads import PageSignedInFirst
from app.queries import visible_case
from app.schemas.references import ReferenceChange, ReferenceOut
from app.services.references import (
    add_reference,
    change_reference,
    drop_reference,
    look_at_chosen_face,
    look_at_reference,
    read_one,
)
from indexer.errors import ImageRefused, ReferenceKnown
from indexer.references import SMALL_SIDE_PX
from models.case import Case
from models.errors import HomewardError, WrongState
from models.types import now

router = APIRouter(prefix="/cases/{case_id}/references", route_class=PageSignedInFirst)

_TOLD = (ImageRefused, ReferenceKnown, BodyTooLarge, ServiceBusy, WrongState, IdempotencyKeyReused)


@router.get("")  # where a form that comes back stands, should it be asked for again
@router.get("/new")
def add_page(case_id: UUID, actor: CaseWorkerPage, pages: PagesDep, session: PageReading) -> Response:
    return _adding(pages, visible_case(session, actor, case_id), {})


@router.post("")
def take_reference(
    case_id: UUID, request: Request, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, form: Form
) -> Response:
    """One file. Our script, which sends several one by one, is answered in a few words instead of with a page."""
    with house.context.database.reading() as session:
        case = visible_case(session, actor, case_id)
    fields, file, dates = fields_of(form), file_of(form, "file"), dates_in(fields_of(form))
    faults = [*(dates if isinstance(dates, list) else []), *([] if file else ["file"])]
    if isinstance(dates, list) or file is None:
        return _refused(request, pages, case, fields, faults=faults)
    once, data = once_of(house, request, fields), file.file.read()
    try:
        made = add_reference(house, actor, once, case_id, data, dates.taken_on, dates.age_years)
    except DatesImpossible:
        return _refused(request, pages, case, fields, faults=["before_birth"])
    except _TOLD as told:
        return _refused(request, pages, case, fields, told=told)
    path = f"/cases/{case_id}/references/{id_in(made)}"
    return Response(made.body, 201, {"Location": path}, "application/json") if _is_script(request) else see_other(path)


@router.get("/{reference_id}")
def see_reference(
    case_id: UUID, reference_id: UUID, actor: CaseWorkerPage, pages: PagesDep, session: PageReading
) -> Response:
    reference = read_one(session, actor, case_id, reference_id)
    return _reference(pages, visible_case(session, actor, case_id), reference)


@router.post("/{reference_id}")
def change(
    case_id: UUID, reference_id: UUID, actor: CaseWorkerPage, house: HouseDep, pages: PagesDep, form: Form
) -> Response:
    """Which face is the child's, and when the picture was taken."""
    with house.context.database.reading() as session:
        case = visible_case(session, actor, case_id)
        before = read_one(session, actor, case_id, reference_id)
    fields = fields_of(form)
    asked = _change_in(fields, before)
    if isinstance(asked, list):
        return _reference(pages, case, before, fields, asked)
    try:
        with house.context.database.writing() as session:
            change_reference(session, house.context.keyring, actor, case_id, reference_id, asked)
    except DatesImpossible:
        return _reference(pages, case, before, fields, ["before_birth"])
    return see_other(f"/cases/{case_id}")


@router.post("/{reference_id}/delete")
def take_away(case_id: UUID, reference_id: UUID, actor: CaseWorkerPage, session: PageWriting) -> Response:
    drop_reference(session, actor, case_id, reference_id)
    return see_other(f"/cases/{case_id}")


@router.get("/{reference_id}/image")
def see_picture(case_id: UUID, reference_id: UUID, actor: CaseWorkerPage, house: HouseDep) -> Response:
    """Each look is an act in the audit log."""
    return _jpeg(look_at_reference(house.context, actor, case_id, reference_id))


@router.get("/{reference_id}/face")
def see_face(case_id: UUID, reference_id: UUID, actor: CaseWorkerPage, house: HouseDep) -> Response:
    """The child's face alone, for the timeline."""
    return _jpeg(look_at_chosen_face(house.context, actor, case_id, reference_id))


def _jpeg(picture: bytes) -> Response:
    headers = {"Content-Disposition": 'inline; filename="reference.jpg"'}
    return Response(picture, media_type="image/jpeg", headers=headers)


def _change_in(fields: dict[str, str], before: ReferenceOut) -> ReferenceChange | list[str]:
    """The dates as the form shows them; the face only where another one was chosen."""
    dates = dates_in(fields)
    chosen = read_form(ReferenceChange, {"face": fields["face"]} if "face" in fields else {})
    if isinstance(dates, list) or isinstance(chosen, list):
        return [fault for each in (dates, chosen) if isinstance(each, list) for fault in each]
    anew = {"face": chosen.face} if chosen.face not in (None, before.chosen) else {}
    return ReferenceChange(taken_on=dates.taken_on, age_years=dates.age_years, **anew)


def _is_script(request: Request) -> bool:
    return FORM_HEADER in request.headers


def _refused(
    request: Request,
    pages: Pages,
    case: Case,
    fields: dict[str, str],
    faults: list[str] | None = None,
    told: HomewardError | None = None,
) -> Response:
    if _is_script(request):
        if told:
            raise told
        return JSONResponse({"faults": faults or []}, 422)
    status = status_of(type(told)) if told else 422
    return _adding(pages, case, fields, faults, told, status)


def _adding(
    pages: Pages,
    case: Case,
    fields: dict[str, str],
    faults: list[str] | None = None,
    told: HomewardError | None = None,
    status: int = 200,
) -> Response:
    limit = pages.house.settings.max_upload_bytes
    shown: dict[str, Any] = {"fields": fields, "faults": faults or [], "told": told, "limit": limit}
    return pages.show("cases/add.html", status, case=case, once=new_once(), today=now().date(), **shown)


def _reference(
    pages: Pages,
    case: Case,
    reference: ReferenceOut,
    fields: dict[str, str] | None = None,
    faults: list[str] | None = None,
) -> Response:
    age = "" if reference.age_years is None else f"{reference.age_years:g}"
    entered = fields if fields is not None else {"taken_on": reference.taken_on, "age_years": age}
    shown: dict[str, Any] = {"fields": entered, "faults": faults or [], "today": now().date()}
    shown |= {"case": case, "reference": reference, "small_side": SMALL_SIDE_PX}
    return pages.show("cases/reference.html", 422 if faults else 200, **shown)
