"""Accounts, invitations and volunteers' keys, for admins."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from app.deps import HouseDep
from app.pages.attempts import attempt
from app.pages.deps import AdminPage, Form, Pages, PagesDep, PageWriting, fields_of, read_form, see_other
from app.schemas.accounts import NewInvitation
from app.services.accounts import disable_account
from app.services.invitations import invite, revoke_invitation
from app.services.keys import renew_key, revoke_key
from models.errors import HomewardError
from models.records import ApiKey, Invitation, User
from models.types import now
from models.user import Role, UserState

router = APIRouter(prefix="/operations/accounts")
MOST = 500  # on one page: more accounts than one service has


@router.get("")
def people_page(_admin: AdminPage, pages: PagesDep) -> Response:
    return _page(pages, None)


@router.post("/invite")
def make_invitation(
    request: Request, actor: AdminPage, house: HouseDep, pages: PagesDep, form: Form, session: PageWriting
) -> Response:
    """The link is shown this once: only a digest of it is kept."""
    asked = read_form(NewInvitation, fields_of(form))
    if isinstance(asked, list):
        return _page(pages, None, faults=asked)
    made, token = invite(session, house.context.keyring, house.settings, actor, asked.role, asked.note)
    link = f"{request.url.scheme}://{request.url.netloc}/accept?invitation={token}"
    return pages.show("operations/once.html", kind="invitation", secret=link, role=made.role, until=made.expires_at)


@router.post("/invitations/{invitation_id}/revoke")
def end_invitation(invitation_id: UUID, actor: AdminPage, house: HouseDep, pages: PagesDep, _form: Form) -> Response:
    return _done(pages, attempt(house, lambda session: revoke_invitation(session, actor, invitation_id)))


@router.post("/{user_id}/disable")
def disable(user_id: UUID, actor: AdminPage, house: HouseDep, pages: PagesDep, _form: Form) -> Response:
    return _done(pages, attempt(house, lambda session: disable_account(session, actor, user_id)))


@router.post("/{user_id}/key")
def make_key(user_id: UUID, actor: AdminPage, house: HouseDep, pages: PagesDep, session: PageWriting) -> Response:
    """A new key for a volunteer, shown this once; the earlier ones stop working."""
    key, token = renew_key(session, house.context.keyring, house.settings, actor, user_id)
    return pages.show("operations/once.html", kind="key", secret=token, role=Role.VOLUNTEER, until=key.expires_at)


@router.post("/keys/{key_id}/revoke")
def end_key(key_id: UUID, actor: AdminPage, house: HouseDep, pages: PagesDep, _form: Form) -> Response:
    return _done(pages, attempt(house, lambda session: revoke_key(session, actor, key_id)))


def _done(pages: Pages, refused: HomewardError | None) -> Response:
    return see_other("/operations/accounts") if refused is None else _page(pages, refused)


def _page(pages: Pages, told: HomewardError | None, faults: list[str] | None = None) -> Response:
    with pages.house.context.database.reading() as session:
        users = list(session.scalars(select(User).order_by(User.created_at.desc(), User.id).limit(MOST)))
        invitations = session.scalars(select(Invitation).order_by(Invitation.made_at.desc()).limit(MOST))
        keys = session.scalars(select(ApiKey).order_by(ApiKey.made_at.desc()).limit(MOST))
        return pages.show(
            "operations/people.html",
            422 if faults else 409 if told else 200,
            told=told,
            faults=faults or [],
            users=users,
            names={user.id: user.name for user in users},
            roles=list(Role),
            disabled=UserState.DISABLED,
            open_invitations=[each for each in invitations if each.is_open(now())],
            keys=[each for each in keys if each.is_open(now())],
        )
