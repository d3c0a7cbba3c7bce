"""Coming in, going out, and finding one's way: what everyone sees."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from app.auth.proofs import Proof, end_proof
from app.auth.sign_in import accept_invitation, sign_in
from app.auth.tokens import TokenKind, actor_for
from app.deps import HouseDep
from app.edge import SIGNED_OUT
from app.errors import AppError, NotSignedIn, SecondStepWanted, SignInRefused
from app.pages.cookie import LANGUAGE_COOKIE, bearer_of, forget_token, keep_token
from app.pages.deps import Form, Pages, PagesDep, PageWriting, SignedIn, Visitor, fields_of, see_other
from app.pages.language import LANGUAGES
from app.schemas.accounts import Acceptance, SignIn
from models.user import Role, StartedWith

router = APIRouter()

HOME = {
    Role.VOLUNTEER: "/photos",
    Role.CASE_WORKER: "/cases",
    Role.REVIEWER: "/review",
    Role.SUPERVISOR: "/supervision",
    Role.ADMIN: "/operations",
    Role.AUDITOR: "/audit",
}


@router.get("/")
def home(who: Visitor, pages: PagesDep) -> Response:
    """Everyone has one page to begin with; an account that waits for approval is told so."""
    if who is None:
        return see_other("/sign-in")
    return see_other(HOME[who.role]) if who.user.is_active else pages.show("waiting.html")


@router.get("/sign-in")
def sign_in_page(pages: PagesDep, wanted: Annotated[str, Query(alias="next", max_length=300)] = "/") -> Response:
    return shown_sign_in(pages, None, wanted=own_path(wanted))


@router.post("/sign-in")
def take_sign_in(request: Request, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """With name and password, or with a volunteer's key."""
    fields = fields_of(form)
    wanted = own_path(fields.pop("next", "/"))
    try:
        if "key" in fields:
            return _with_key(request, house, fields["key"], wanted)
        proof = sign_in(house, SignIn.model_validate(fields), source_of(request), request.state.request_id)
    except (AppError, ValidationError) as error:
        known = error if isinstance(error, AppError) and not isinstance(error, NotSignedIn) else SignInRefused()
        return shown_sign_in(pages, known, fields.get("name", "")[:64], wanted)
    return welcomed(proof, wanted)


@router.get("/accept")
def accept_page(pages: PagesDep, invitation: Annotated[str, Query(max_length=80)] = "") -> Response:
    return pages.show("accept.html", told=None, fields={"invitation": invitation, "name": ""}, faults=[])


@router.post("/accept")
def take_invitation(request: Request, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """A one-time invitation becomes an account; a volunteer is shown the key, this once."""
    fields = fields_of(form)
    shown = {name: fields.get(name, "") for name in ("invitation", "name")}
    try:
        asked = Acceptance.model_validate(fields | {"accept_conduct": fields.get("accept_conduct") == "yes"})
        proof = accept_invitation(house, asked, request.state.request_id)
    except ValidationError as error:
        faults = [str(fault["loc"][0]) for fault in error.errors()]
        return pages.show("accept.html", 422, told=None, fields=shown, faults=faults)
    except AppError as error:
        return pages.show("accept.html", 422, told=error, fields=shown, faults=[])
    if proof.kind is TokenKind.KEY:
        answer: Response = pages.show("key.html", key=proof.token, until=proof.expires_at)
        keep_token(answer, proof.token, proof.expires_at)
        return answer
    return welcomed(proof, "/")


@router.post("/sign-out")
def sign_out(request: Request, house: HouseDep, actor: SignedIn, session: PageWriting) -> Response:
    """A session ends. A volunteer's key goes on working elsewhere: only this browser forgets it."""
    if actor.role is not Role.VOLUNTEER:
        end_proof(session, house, actor, bearer_of(request))
    answer = see_other("/sign-in")
    forget_token(answer)
    answer.headers.update(SIGNED_OUT)
    return answer


@router.post("/language")
def choose_language(form: Form) -> Response:
    fields = fields_of(form)
    answer = see_other(own_path(fields.get("next", "/")))
    if fields.get("language") in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, fields["language"], max_age=365 * 86_400, samesite="lax", secure=True)
    return answer


@router.get("/help")
def help_page(pages: PagesDep, house: HouseDep) -> Response:
    return pages.show("help.html", daily_hour=house.settings.batch_hour_utc)


def _with_key(request: Request, house: HouseDep, key: str, wanted: str) -> Response:
    """`NotSignedIn`."""
    actor_for(house, f"Bearer {key}", request.state.request_id)
    answer = see_other(wanted)
    keep_token(answer, key)
    return answer


def shown_sign_in(pages: Pages, told: AppError | None, name: str = "", wanted: str = "/") -> Response:
    """401 for every refusal. Only whoever knew the password is asked for a recovery code."""
    return pages.show(
        "sign_in.html",
        401 if told else 200,
        told=told,
        name=name,
        next=wanted,
        code_wanted=isinstance(told, SecondStepWanted),
        origin=pages.house.settings.public_origin,
    )


def welcomed(proof: Proof, wanted: str) -> Response:
    """Who came by a recovery code is led to what is left of them."""
    answer = see_other("/account" if proof.started_with is StartedWith.RECOVERY_CODE else wanted)
    keep_token(answer, proof.token)
    return answer


def source_of(request: Request) -> str:
    return request.client.host if request.client else ""


def own_path(wanted: str) -> str:
    """A path of ours, or the start: nobody is led elsewhere by an address they were sent."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain else "/"
