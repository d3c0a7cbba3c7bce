"""A guardian objects to the processing: the case is found by a number alone, and what then has to be done is said."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import HouseDep
from app.pages.deps import Form, PageLooking, PageReading, PagesDep, SupervisorPage, fields_of, see_other
from app.services.cases import read_case
from app.services.objections import cases_with_number, kept_of
from app.services.waiting import names_of
from models.case import Case

router = APIRouter(prefix="/supervision/objections")
LONGEST = 200


@router.get("")
def ask_number(_actor: SupervisorPage, pages: PagesDep) -> Response:
    return pages.show("supervision/objection.html", found=None, number="")


@router.post("")
def find_case(actor: SupervisorPage, house: HouseDep, session: PageReading, pages: PagesDep, form: Form) -> Response:
    """Sent as a form, so that the number stays out of addresses and logs."""
    number = fields_of(form).get("number", "")[:LONGEST]
    found = cases_with_number(session, house.context.keyring, actor, number) if number else []
    if len(found) == 1:
        return see_other(f"/supervision/objections/{found[0].id}")
    return pages.show("supervision/objection.html", 200 if found else 404, found=found, number=number)


@router.get("/{case_id}")
def see_objection(
    case_id: UUID, actor: SupervisorPage, house: HouseDep, session: PageLooking, pages: PagesDep
) -> Response:
    """A look at a case is an act in the audit log."""
    case = read_case(session, house.context.keyring, actor, case_id)
    kept = kept_of(session, session.get_one(Case, case_id))
    names = names_of(session, [case.worker_id])
    return pages.show("supervision/objected.html", case=case, kept=kept, names=names)
