"""Signing in with a passkey: a script asks for the options, and sends what the authenticator said as a form."""

import secrets

from fastapi import APIRouter, Request, Response

from app.auth.challenges import Purpose, new_challenge
from app.auth.passkeys import options_to_sign, site_of
from app.auth.sign_in import sign_in_with_passkey
from app.deps import HouseDep
from app.errors import AppError
from app.pages.cookie import BROWSER_COOKIE, keep_browser
from app.pages.deps import Form, PagesDep, fields_of
from app.pages.routes.start import own_path, shown_sign_in, welcomed

router = APIRouter(prefix="/sign-in/passkey")
JSON = "application/json"


@router.post("/options")
def passkey_options(house: HouseDep, _form: Form) -> Response:
    """The same for everyone: no name is asked, so none is told."""
    site, browser = site_of(house.settings), secrets.token_urlsafe(32)
    challenge = new_challenge(house.context.keyring, Purpose.SIGN_IN, browser)
    answer = Response(options_to_sign(site, challenge), media_type=JSON)
    keep_browser(answer, browser)
    return answer


@router.post("")
def take_passkey(request: Request, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    fields = fields_of(form)
    wanted, browser = own_path(fields.get("next", "/")), request.cookies.get(BROWSER_COOKIE, "")
    try:
        proof = sign_in_with_passkey(house, fields.get("credential", ""), browser, request.state.request_id)
    except AppError as error:
        return shown_sign_in(pages, error, wanted=wanted)
    return welcomed(proof, wanted)
