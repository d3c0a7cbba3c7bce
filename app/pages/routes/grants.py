"""Accounts before a supervisor: who waits to be let in, and who let whom in."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.deps import HouseDep
from app.errors import status_of
from app.pages.attempts import attempt
from app.pages.deps import Form, ListPage, PageReading, Pages, PagesDep, SupervisorPage, see_other
from app.paging import Page, paged
from app.services.accounts import approve_account
from app.services.waiting import names_of, waiting_accounts
from models.errors import HomewardError
from models.types import now
from models.user import NEEDS_APPROVAL, Invitation, Role, User, UserState

MOST_SHOWN = 100  # open invitations

router = APIRouter(prefix="/supervision/accounts")


@router.get("")
def list_accounts(_actor: SupervisorPage, session: PageReading, pages: PagesDep, page: ListPage) -> Response:
    return _shown(pages, session, page)


@router.post("/{account_id}/approve")
def approve(
    account_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, page: ListPage, _form: Form
) -> Response:
    def work(session: Session) -> None:
        approve_account(session, actor, account_id)

    told = attempt(house, work)
    if told is None:
        return see_other("/supervision/accounts")
    with house.context.database.reading() as session:
        return _shown(pages, session, page, told)


def _shown(pages: Pages, session: Session, page: Page, told: HomewardError | None = None) -> Response:
    """Volunteers are counted and not named: nobody need know who walks the streets."""
    granted = select(User).where(User.role != Role.VOLUNTEER, User.state != UserState.AWAITING_APPROVAL)
    users, cursor = paged(session, granted, page, User.created_at, User.id, newest_first=True)
    waiting = list(session.scalars(waiting_accounts()))
    invitations = session.scalars(_unused().order_by(Invitation.made_at.desc()).limit(MOST_SHOWN)).all()
    volunteers = select(func.count()).select_from(User).where(User.role == Role.VOLUNTEER)
    return pages.show(
        "supervision/accounts.html",
        status_of(type(told)) if told else 200,
        users=users,
        waiting=waiting,
        invitations=invitations,
        cursor=cursor,
        volunteers=session.scalar(volunteers.where(User.state == UserState.ACTIVE)),
        names=names_of(
            session,
            [each for user in (*users, *waiting) for each in (user.invited_by, user.approved_by)]
            + [each.made_by for each in invitations],
        ),
        needs_approval=NEEDS_APPROVAL,
        told=told,
    )


def _unused() -> Select[Invitation]:
    """By whom and for which role; what was noted with it is the admin's own."""
    is_open = Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now()
    return select(Invitation).where(*is_open)
