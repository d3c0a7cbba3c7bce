"""Every error as an RFC 9457 problem with a stable `code`, and the same problems declared in OpenAPI.

A problem never repeats what was sent: a value in an error message ends up in logs and on screens.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app.edge import edge_headers, request_id_of
from app.errors import (
    AccountNotApproved,
    AppError,
    BodyTooLarge,
    BodyTooSlow,
    BodyUnreadable,
    ChangedMeanwhile,
    InternalError,
    MethodNotAllowed,
    NotFound,
    PasskeyWanted,
    RequestInvalid,
    ServiceBusy,
    status_of,
)
from indexer.errors import GalleryNotReady, ImageRefused, StorageFull, StoredTooLate
from indexer.logs import get_log, where
from models.errors import HomewardError

log = get_log()

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
# Of errors that are the service's own fault only these are told in full: others name files and places.
_TOLD = (AppError, GalleryNotReady, StorageFull, StoredTooLate, ImageRefused)
Handler = Callable[[Request, Exception], Response]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_EVERYWHERE: tuple[type[HomewardError], ...] = (
    RequestInvalid,
    BodyUnreadable,
    BodyTooLarge,
    BodyTooSlow,
    ChangedMeanwhile,
    InternalError,
    ServiceBusy,
)


class Fault(BaseModel):
    """One part of a request that is not as expected."""

    model_config = ConfigDict(title="Fault")
    where: str
    what: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable: programs read it, people read `detail`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    faults: list[Fault] | None = None
    request_id: str | None = None


def problem_response(
    error: HomewardError, faults: list[Fault] | None = None, headers: Mapping[str, str] | None = None, **more: str
) -> Response:
    """``error`` as an answer, with the headers its status asks for."""
    status = status_of(type(error))
    told = status < 500 or isinstance(error, _TOLD)
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        code=error.code,
        detail=str(error)
        if told
        else "The service cannot do this now; its operator finds out why with `homeward doctor`.",
        faults=faults,
        **more,
    )
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status, {**_headers(error, status), **(headers or {})}, MEDIA_TYPE)


def _headers(error: HomewardError, status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return {"Retry-After": str(error.details.get("seconds", RETRY_SECONDS))}
    return {}


def install_problems(app: FastAPI, shaped: Callable[[Handler], Handler]) -> None:
    """Turn every error that leaves a route, and every unknown route, into a problem, or what ``shaped`` makes of it."""
    for kind, answer in {
        HomewardError: _from_domain,
        RequestValidationError: _from_validation,
        HTTPException: _from_http,
        OperationalError: _from_busy_database,
        PoolExhausted: _from_busy_database,
        StaleDataError: _from_race,
        IntegrityError: _from_race,
        Exception: _from_unexpected,
    }.items():
        app.add_exception_handler(kind, shaped(answer))


def _from_domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HomewardError)
    if status_of(type(error)) >= 500:
        log.error("problem", request_id=request_id_of(request.scope), code=error.code)
    return problem_response(error)


def _from_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(RequestInvalid(), [_fault(each) for each in error.errors()])


def _fault(error: Mapping[str, Any]) -> Fault:
    # Pydantic quotes from the input where it passes on a parser's words (`ctx.error`); then its own word must do.
    quotes = "error" in error.get("ctx", {}) and error["type"] != "value_error"
    return Fault(where=_place(error["loc"]), what=error["type"].replace("_", " ") if quotes else error["msg"])


def _place(parts: Iterable[str | int]) -> str:
    """`body.name`; a name that is no identifier is the sender's text and is left out."""
    return ".".join(part if _NAME.fullmatch(part) else "?" for part in map(str, parts))[:120]


def _from_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known: dict[int, HomewardError] = {404: NotFound(thing="address"), 405: MethodNotAllowed()}
    if isinstance(error, BodyRefused):
        return problem_response(error.told, headers={"Connection": "close"})
    return problem_response(known.get(error.status_code, BodyUnreadable()), headers=error.headers)


class BodyRefused(HTTPException):
    """Raised while the body is read. FastAPI lets an HTTPException from there pass as it is."""

    def __init__(self, told: HomewardError) -> None:
        super().__init__(status_of(type(told)))
        self.told = told


def _from_busy_database(request: Request, error: Exception) -> Response:
    log.error("database_busy", request_id=request_id_of(request.scope), reason=type(error).__name__)
    return problem_response(ServiceBusy())


def _from_race(request: Request, error: Exception) -> Response:
    """Two did the same at once, and the database let one win."""
    if isinstance(error, IntegrityError) and "unique" not in str(error.orig).lower():
        return _from_unexpected(request, error)
    return problem_response(ChangedMeanwhile())


def _from_unexpected(request: Request, error: Exception) -> Response:
    request_id = request_id_of(request.scope)
    log.error("unexpected", request_id=request_id, **where(error))
    # Starlette answers this one outside of every middleware, so the headers are put on here.
    return problem_response(InternalError(), headers=edge_headers(request_id), request_id=request_id)


def problems(*errors: type[HomewardError]) -> dict[int | str, dict[str, Any]]:
    """For ``responses=``: the problems a route may answer with, and those that any route may."""
    by_status: dict[int | str, list[str]] = {}
    for error in (*errors, *_EVERYWHERE, *((PasskeyWanted,) if AccountNotApproved in errors else ())):
        codes = by_status.setdefault(status_of(error), [])
        if error.code not in codes:
            codes.append(error.code)
    return {status: _declared(codes) for status, codes in by_status.items()}


def _declared(codes: list[str]) -> dict[str, Any]:
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": {"code": {"enum": codes}}}]}
    return {"description": ", ".join(codes), "content": {MEDIA_TYPE: {"schema": schema}}}


def problem_schemas() -> dict[str, Any]:
    """The components that the declarations refer to."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}
