"""Invitations: an admin makes, lists and revokes them."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from app.deps import Admin, HouseDep, Reading, Writing
from app.errors import AccountNotApproved, CursorInvalid, IdempotencyKeyReused, NotAllowed, NotFound, NotSignedIn
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.accounts import InvitationOut, MadeInvitation, NewInvitation
from app.services.invitations import invite, revoke_invitation
from models.errors import WrongState
from models.records import Invitation

router = APIRouter(prefix="/v1/invitations", tags=["accounts"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)


@router.post("", status_code=201, response_model=MadeInvitation, responses=problems(*REFUSALS, IdempotencyKeyReused))
def make_invitation(asked: NewInvitation, actor: Admin, house: HouseDep, session: Writing, once: OnceDep) -> Response:
    def make() -> MadeInvitation:
        keyring = house.context.keyring
        made, token = invite(session, keyring, house.settings, actor, asked.role, asked.note)
        return MadeInvitation(id=made.id, role=made.role, token=token, expires_at=made.expires_at)

    return once.answer(session, actor, asked, make)


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_invitations(_admin: Admin, session: Reading, page: PageDep) -> Listed[InvitationOut]:
    found, cursor = paged(session, select(Invitation), page, Invitation.made_at, Invitation.id, newest_first=True)
    return Listed(items=[InvitationOut.model_validate(each) for each in found], next_cursor=cursor)


@router.delete("/{invitation_id}", status_code=204, responses=problems(*REFUSALS, NotFound, WrongState))
def end_invitation(invitation_id: UUID, actor: Admin, session: Writing) -> None:
    revoke_invitation(session, actor, invitation_id)
