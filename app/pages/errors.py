"""Errors as pages: the same problems as the API's, in the reader's language."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import Request, Response

from app.edge import request_id_of
from app.errors import NotFound, NotSignedIn, PasskeyWanted
from app.pages.cookie import FORM_HEADER
from app.pages.deps import see_other
from app.problems import BodyRefused
from models.errors import HomewardError

API = ("/v1/", "/livez", "/readyz", "/metrics", "/openapi.json")
Handler = Callable[[Request, Exception], Response]


def is_page(request: Request) -> bool:
    """Whether a person's browser asked, and not a program."""
    path = request.url.path
    return not (path.startswith(API) or path == "/v1")


def as_page(answer: Handler) -> Handler:
    """Put a page in the place of the problem that ``answer`` makes for a page's route."""

    def shown(request: Request, error: Exception) -> Response:
        problem = answer(request, error)
        error = error.told if isinstance(error, BodyRefused) else error
        if FORM_HEADER in request.headers:
            return _translated(request, error, problem)
        if not is_page(request):
            return problem
        if isinstance(error, PasskeyWanted):
            return see_other("/account")  # which says so
        return _to_sign_in(request) if isinstance(error, NotSignedIn) else _page_of(request, error, problem)

    return shown


def _translated(request: Request, error: Exception, problem: Response) -> Response:
    """Our scripts show a problem's `detail` to the person before them."""
    if not isinstance(error, HomewardError) or problem.status_code >= 500:
        return problem
    told = json.loads(bytes(problem.body)) | {"detail": request.app.state.renderer.language(request).error(error)}
    headers = {name: value for name, value in problem.headers.items() if not name.startswith("content-")}
    return Response(json.dumps(told, ensure_ascii=False), problem.status_code, headers, problem.media_type)


def _to_sign_in(request: Request) -> Response:
    """And back again, where it was a page that was asked for and not a form that was sent."""
    wanted = request.url.path if request.method == "GET" else "/"
    return see_other("/sign-in" if wanted == "/" else f"/sign-in?{urlencode({'next': wanted})}")


def _page_of(request: Request, error: Exception, response: Response) -> Response:
    renderer, problem = request.app.state.renderer, json.loads(bytes(response.body))
    language = renderer.language(request)
    known = error if isinstance(error, HomewardError) and response.status_code < 500 else None
    if problem["code"] == NotFound.code:
        known = NotFound(thing=language.say("page"))
    page: Response = renderer.page(
        request,
        request.app.state.house,
        getattr(request.state, "visitor", None),
        "error.html",
        response.status_code,
        told=language.error(known) if known else language.say(problem["detail"]),
        code=problem["code"],
        request_id=request_id_of(request.scope),
    )
    for name, value in response.headers.items():
        if not name.startswith("content-"):
            page.headers.setdefault(name, value)
    return page
