"""Accounts: listed and disabled by admins, approved by supervisors."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from app.deps import Admin, Reading, Supervisor, Writing
from app.errors import AccountNotApproved, CursorInvalid, LastOfRole, NotAllowed, NotFound, NotSignedIn
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.accounts import AccountOut, UserOut
from app.services.accounts import approve_account, disable_account
from models.errors import SamePerson, WrongState
from models.records import User

router = APIRouter(prefix="/v1/users", tags=["accounts"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_users(_admin: Admin, session: Reading, page: PageDep) -> Listed[UserOut]:
    users, cursor = paged(session, select(User), page, User.created_at, User.id)
    return Listed(items=[UserOut.model_validate(user) for user in users], next_cursor=cursor)


@router.delete("/{user_id}", status_code=204, responses=problems(*REFUSALS, NotFound, LastOfRole))
def disable_user(user_id: UUID, actor: Admin, session: Writing) -> None:
    """The account stays on record and can never act again."""
    disable_account(session, actor, user_id)


@router.post("/{user_id}/approve", responses=problems(*REFUSALS, NotFound, WrongState, SamePerson))
def approve_user(user_id: UUID, actor: Supervisor, session: Writing) -> AccountOut:
    """An account that sees cases or faces begins here, not with its invitation."""
    return AccountOut.model_validate(approve_account(session, actor, user_id))
