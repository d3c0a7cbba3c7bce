"""Erasures: what is to be forgotten, by two people."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from app.deps import Admin, AdminOrSupervisor, Reading, Supervisor, Writing
from app.errors import (
    AccountNotApproved,
    ChangedMeanwhile,
    CursorInvalid,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
)
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.erasures import ErasureOut, NewErasure
from app.services.erasures import all_described, approve_erasure, described, propose_erasure
from models.erasure import Erasure
from models.errors import SamePerson, WrongState

router = APIRouter(prefix="/v1/erasures", tags=["erasures"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)


@router.post(
    "",
    status_code=201,
    response_model=ErasureOut,
    responses=problems(*REFUSALS, NotFound, IdempotencyKeyReused),
)
def suggest_erasure(asked: NewErasure, actor: Admin, session: Writing, once: OnceDep) -> Response:
    def make() -> ErasureOut:
        return described(session, propose_erasure(session, actor, asked.photo_id, asked.reason))

    return once.answer(session, actor, asked, make)


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_erasures(_actor: AdminOrSupervisor, session: Reading, page: PageDep) -> Listed[ErasureOut]:
    found, cursor = paged(session, select(Erasure), page, Erasure.proposed_at, Erasure.id, newest_first=True)
    return Listed(items=all_described(session, found), next_cursor=cursor)


@router.post("/{erasure_id}/approve", responses=problems(*REFUSALS, NotFound, WrongState, SamePerson, ChangedMeanwhile))
def erase(erasure_id: UUID, actor: Supervisor, session: Writing) -> ErasureOut:
    """The photo is gone, and kept away unless its volunteer withdrew it; the answer counts what went."""
    return approve_erasure(session, actor, erasure_id)
