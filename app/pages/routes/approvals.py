"""A case before a supervisor: its checklist, its references, who works on it, and its end."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deps import HouseDep
from app.errors import RequestInvalid, status_of
from app.house import House
from app.pages.attempts import attempt
from app.pages.deps import Form, Pages, PagesDep, SupervisorPage, fields_of, read_form, see_other
from app.schemas.cases import CaseApproval, Closing, Reassignment
from app.schemas.references import ReferenceApproval
from app.services.cases import CHECKLIST, approve_case, close_case, read_case, reassign_case
from app.services.reference_view import references_of
from app.services.references import approve_reference, look_at_reference
from app.services.waiting import names_of
from models.actor import Actor
from models.errors import HomewardError
from models.reference import Reference
from models.user import Role, User, UserState

router = APIRouter(prefix="/supervision/cases/{case_id}")


@router.get("")
def see_case(case_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep) -> Response:
    """A look at a case is an act in the audit log."""
    return _shown(pages, house, actor, case_id)


@router.get("/references/{reference_id}/image")
def see_picture(case_id: UUID, reference_id: UUID, actor: SupervisorPage, house: HouseDep) -> Response:
    """Each look is an act in the audit log."""
    return Response(look_at_reference(house.context, actor, case_id, reference_id), media_type="image/jpeg")


@router.post("/approve")
def approve(case_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """As it was read, and each point of the checklist ticked."""
    fields = fields_of(form)
    ticked = {name for name in CHECKLIST if fields.pop(f"seen_{name}", "") == "yes"}
    asked = read_form(CaseApproval, fields)
    if isinstance(asked, list):
        return _shown(pages, house, actor, case_id, RequestInvalid())
    if ticked != set(CHECKLIST):
        return _shown(pages, house, actor, case_id, ticked=ticked)
    keyring, version = house.context.keyring, asked.version

    def work(session: Session) -> None:
        approve_case(session, keyring, actor, case_id, version, ticked)

    return _done(pages, house, actor, case_id, attempt(house, work))


@router.post("/references/{reference_id}/approve")
def approve_picture(
    case_id: UUID, reference_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form
) -> Response:
    asked = read_form(ReferenceApproval, fields_of(form))
    if isinstance(asked, list):
        return _shown(pages, house, actor, case_id, RequestInvalid())
    face = asked.face

    def work(session: Session) -> None:
        approve_reference(session, actor, case_id, reference_id, face)

    return _done(pages, house, actor, case_id, attempt(house, work))


@router.post("/reassign")
def reassign(case_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    asked = read_form(Reassignment, fields_of(form))
    if isinstance(asked, list):
        return _shown(pages, house, actor, case_id, RequestInvalid())
    worker_id = asked.worker_id

    def work(session: Session) -> None:
        reassign_case(session, actor, case_id, worker_id)

    return _done(pages, house, actor, case_id, attempt(house, work))


@router.post("/close")
def close(case_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """For good, and with a reason, which its case worker reads."""
    fields = fields_of(form)
    asked = read_form(Closing, fields)
    if isinstance(asked, list):
        return _shown(pages, house, actor, case_id, RequestInvalid(), reason=fields.get("reason", ""))
    reason = asked.reason

    def work(session: Session) -> None:
        close_case(session, actor, case_id, reason)

    return _done(pages, house, actor, case_id, attempt(house, work))


def _done(pages: Pages, house: House, actor: Actor, case_id: UUID, told: HomewardError | None) -> Response:
    return _shown(pages, house, actor, case_id, told) if told else see_other(f"/supervision/cases/{case_id}")


def _shown(
    pages: Pages,
    house: House,
    actor: Actor,
    case_id: UUID,
    told: HomewardError | None = None,
    ticked: set[str] | None = None,
    reason: str | None = None,
) -> Response:
    """``told``: why what was asked did not happen. ``ticked``: not all of the checklist. ``reason``: for a closing."""
    with house.context.database.writing() as session:
        case = read_case(session, house.context.keyring, actor, case_id)
        ours = select(Reference).where(Reference.case_id == case_id).order_by(Reference.added_at, Reference.id)
        references = references_of(session, session.scalars(ours).all())
        others = select(User).where(User.role == Role.CASE_WORKER, User.state == UserState.ACTIVE)
        workers = session.scalars(others.where(User.id != case.worker_id).order_by(User.name)).all()
        people = [case.worker_id, case.approved_by, *(each.approved_by for each in references)]
        names = names_of(session, people)
    status = status_of(type(told)) if told else 200 if ticked is None else 422
    return pages.show(
        "supervision/case.html",
        status,
        case=case,
        checklist=CHECKLIST,
        references=references,
        workers=workers,
        names=names,
        told=told,
        ticked=ticked or set(),
        reason=reason,
        unticked=ticked is not None,
    )
