"""Cases: their worker opens and describes them; a supervisor approves and reassigns them; either closes them."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import CaseWorker, CaseWorkerOrSupervisor, HouseDep, Reading, Supervisor, Writing
from app.errors import (
    AccountNotApproved,
    CaseIncomplete,
    ChangedMeanwhile,
    CursorInvalid,
    DatesImpossible,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
)
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.queries import visible_cases
from app.schemas.cases import CaseApproval, CaseDetails, CaseOut, CaseSummary, Closing, NewCase, Reassignment
from app.services.cases import (
    approve_case,
    change_case,
    close_case,
    described,
    open_case,
    read_case,
    reassign_case,
)
from models.case import Case
from models.errors import SamePerson, WrongState

router = APIRouter(prefix="/v1/cases", tags=["cases"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)
CHANGE = (*REFUSALS, NotFound, WrongState, ChangedMeanwhile)


@router.post("", status_code=201, response_model=CaseOut, responses=problems(*REFUSALS, IdempotencyKeyReused))
def new_case(asked: NewCase, actor: CaseWorker, house: HouseDep, session: Writing, once: OnceDep) -> Response:
    keyring = house.context.keyring

    def make() -> CaseOut:
        return described(session, keyring, open_case(session, keyring, actor, asked))

    def again(case_id: UUID) -> CaseOut:
        return read_case(session, keyring, actor, case_id)

    return once.answer(session, actor, asked, make, again)


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_cases(actor: CaseWorkerOrSupervisor, session: Reading, page: PageDep) -> Listed[CaseSummary]:
    found, cursor = paged(session, visible_cases(actor), page, Case.opened_at, Case.id, newest_first=True)
    return Listed(items=[CaseSummary.model_validate(case) for case in found], next_cursor=cursor)


@router.get("/{case_id}", responses=problems(*REFUSALS, NotFound))
def see_case(case_id: UUID, actor: CaseWorkerOrSupervisor, house: HouseDep, session: Writing) -> CaseOut:
    """A look at a case is an act in the audit log."""
    return read_case(session, house.context.keyring, actor, case_id)


@router.patch("/{case_id}", responses=problems(*CHANGE, DatesImpossible))
def describe_case(case_id: UUID, asked: CaseDetails, actor: CaseWorker, house: HouseDep, session: Writing) -> CaseOut:
    keyring = house.context.keyring
    return described(session, keyring, change_case(session, keyring, actor, case_id, asked))


@router.post("/{case_id}/close", responses=problems(*CHANGE))
def end_case(
    case_id: UUID, asked: Closing, actor: CaseWorkerOrSupervisor, house: HouseDep, session: Writing
) -> CaseOut:
    """For good. A supervisor closes a case where its guardian asks for it."""
    return described(session, house.context.keyring, close_case(session, actor, case_id, asked.reason))


@router.post("/{case_id}/approve", responses=problems(*CHANGE, SamePerson, CaseIncomplete))
def let_case_be_searched(
    case_id: UUID, asked: CaseApproval, actor: Supervisor, house: HouseDep, session: Writing
) -> CaseOut:
    """As it was read, and with it the references that are ready; later ones wait for the same glance."""
    keyring = house.context.keyring
    return described(session, keyring, approve_case(session, keyring, actor, case_id, asked.version))


@router.post("/{case_id}/reassign", responses=problems(*CHANGE))
def give_case_to(case_id: UUID, asked: Reassignment, actor: Supervisor, house: HouseDep, session: Writing) -> CaseOut:
    return described(session, house.context.keyring, reassign_case(session, actor, case_id, asked.worker_id))
