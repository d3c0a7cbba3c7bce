"""One's own account: passkeys, recovery codes, the password. Everyone who has a password has this page."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth.second_step import MAY_BE_REQUIRED, codes_of, passkeys_of
from app.deps import HouseDep
from app.errors import AppError, NotSignedIn, status_of
from app.pages.cookie import bearer_of, keep_token
from app.pages.deps import Form, OwnAccount, Pages, PagesDep, fields_of, see_other
from app.pages.routes.passkeys import JSON
from app.pages.routes.start import source_of
from app.services.own_account import (
    PROOF_MINUTES,
    OwnSession,
    change_password,
    options_for_passkey,
    options_to_prove,
    own_session,
    prove_by_passkey,
    prove_by_password,
    register_passkey,
    remove_passkey,
    renew_codes,
)
from models.user import StartedWith

router = APIRouter(prefix="/account")
NAME_LENGTH = 64


def own(request: Request, actor: OwnAccount, house: HouseDep) -> OwnSession:
    return own_session(house, actor, bearer_of(request))


Own = Annotated[OwnSession, Depends(own)]


@router.get("")
def account_page(own: Own, pages: PagesDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    return _page(pages, own, done=done)


@router.post("/prove")
def prove(request: Request, own: Own, pages: PagesDep, form: Form) -> Response:
    """The password or a passkey once more, before anything is changed."""
    fields = fields_of(form)
    if "credential" in fields:
        return _done(pages, own, lambda: prove_by_passkey(own, fields["credential"]))
    return _done(pages, own, lambda: prove_by_password(own, fields.get("password", ""), source_of(request)))


@router.post("/prove/options")
def prove_options(own: Own, _form: Form) -> Response:
    return Response(options_to_prove(own), media_type=JSON)


@router.post("/passkeys/options")
def register_options(own: Own, _form: Form) -> Response:
    return Response(options_for_passkey(own), media_type=JSON)


@router.post("/passkeys")
def register(own: Own, pages: PagesDep, form: Form) -> Response:
    """With the first passkey come recovery codes."""
    fields = fields_of(form)
    name = fields.get("passkey_name", pages.language.say("Passkey"))[:NAME_LENGTH]
    return _codes(pages, own, lambda: register_passkey(own, name, fields.get("credential", "")))


@router.post("/passkeys/{passkey_id}/remove")
def remove(passkey_id: UUID, own: Own, pages: PagesDep, _form: Form) -> Response:
    return _done(pages, own, lambda: remove_passkey(own, passkey_id))


@router.post("/codes")
def codes(own: Own, pages: PagesDep, _form: Form) -> Response:
    return _codes(pages, own, lambda: renew_codes(own))


@router.post("/password")
def password(own: Own, pages: PagesDep, form: Form) -> Response:
    """Every other session ends, and this one goes on under a new token."""
    try:
        proof = change_password(own, fields_of(form).get("new_password", ""))
    except NotSignedIn:
        raise
    except AppError as error:
        return _page(pages, own, error)
    answer = see_other("/account?done=password")
    keep_token(answer, proof.token)
    return answer


def _done(pages: Pages, own: OwnSession, work: Callable[[], None]) -> Response:
    try:
        work()
    except NotSignedIn:
        raise
    except AppError as error:
        return _page(pages, own, error)
    return see_other("/account")


def _codes(pages: Pages, own: OwnSession, work: Callable[[], list[str]]) -> Response:
    """The new codes, shown this once; the account page where there are none."""
    try:
        made = work()
    except NotSignedIn:
        raise
    except AppError as error:
        return _page(pages, own, error)
    return pages.show("account/codes.html", codes=made) if made else see_other("/account")


def _page(pages: Pages, own: OwnSession, told: AppError | None = None, done: str = "") -> Response:
    settings, actor = own.house.settings, own.actor
    with own.house.context.database.reading() as session:
        passkeys, codes = passkeys_of(session, actor.id), codes_of(session, actor.id)
    return pages.show(
        "account/account.html",
        status_of(type(told)) if told else 200,
        told=told,
        password_changed=done == "password",
        proved=own.is_proved,
        minutes=PROOF_MINUTES,
        passkeys=passkeys,
        codes=codes,
        codes_left=sum(code.used_at is None for code in codes),
        came_by_code=own.row.started_with is StartedWith.RECOVERY_CODE,
        wanted=settings.require_passkeys and actor.role in MAY_BE_REQUIRED and not passkeys,
        origin=settings.public_origin,
        length=settings.password_length,
    )
