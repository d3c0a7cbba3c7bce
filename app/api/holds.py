"""Legal holds, for supervisors."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from app.deps import Reading, Supervisor, Writing
from app.errors import AccountNotApproved, CursorInvalid, IdempotencyKeyReused, NotAllowed, NotFound, NotSignedIn
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.holds import HoldOut, NewHold
from app.services.holds import lay_hold, lift_hold
from models.errors import WrongState
from models.hold import Hold

router = APIRouter(prefix="/v1/holds", tags=["holds"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)


@router.post("", status_code=201, response_model=HoldOut, responses=problems(*REFUSALS, NotFound, IdempotencyKeyReused))
def hold(asked: NewHold, actor: Supervisor, session: Writing, once: OnceDep) -> Response:
    """Nothing of it is destroyed from now on, by retention, erasure or withdrawal, until it is lifted."""
    return once.answer(session, actor, asked, lambda: HoldOut.model_validate(lay_hold(session, actor, asked)))


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_holds(_actor: Supervisor, session: Reading, page: PageDep) -> Listed[HoldOut]:
    found, cursor = paged(session, select(Hold), page, Hold.made_at, Hold.id, newest_first=True)
    return Listed(items=[HoldOut.model_validate(each) for each in found], next_cursor=cursor)


@router.delete("/{hold_id}", responses=problems(*REFUSALS, NotFound, WrongState))
def lift(hold_id: UUID, actor: Supervisor, session: Writing) -> HoldOut:
    """The record of it stays."""
    return HoldOut.model_validate(lift_hold(session, actor, hold_id))
