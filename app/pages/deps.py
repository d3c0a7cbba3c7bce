"""What page routes ask for. Like `app.deps`, but the token is in a cookie, and every form is proved to be our own."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from app.auth.second_step import require_passkey
from app.auth.tokens import actor_for
from app.deps import HouseDep
from app.errors import AccountNotApproved, NotAllowed, NotSignedIn
from app.house import House
from app.pages.cookie import FORM_FIELD, FORM_HEADER, bearer_of, require_form_token, require_own_page
from app.pages.language import Language
from app.pages.render import Renderer
from app.paging import Page, asked_page
from models.actor import Actor
from models.user import Role

Model = TypeVar("Model", bound=BaseModel)
LIST_LENGTH = 50


def visitor(request: Request, house: HouseDep) -> Actor | None:
    """Whoever is signed in, if anyone is."""
    try:
        request.state.visitor = actor_for(house, bearer_of(request), request.state.request_id)
    except NotSignedIn:
        request.state.visitor = None
    return cast("Actor | None", request.state.visitor)


Visitor = Annotated[Actor | None, Depends(visitor)]


def signed_in(who: Visitor) -> Actor:
    """`NotSignedIn`, which leads to the sign-in page."""
    if who is None:
        raise NotSignedIn
    return who


SignedIn = Annotated[Actor, Depends(signed_in)]


def _has_account_page(actor: SignedIn) -> Actor:
    """Whoever signs in with a password; also while they wait for approval, or lack a passkey they need."""
    if actor.role is Role.VOLUNTEER:
        raise NotAllowed
    return actor


OwnAccount = Annotated[Actor, Depends(_has_account_page)]


def _only(*roles: Role) -> Callable[..., Actor]:
    def allowed(actor: SignedIn, house: HouseDep) -> Actor:
        if actor.role not in roles:
            raise NotAllowed
        if not actor.user.is_active:
            raise AccountNotApproved
        require_passkey(house, actor)
        return actor

    return allowed


def by(*roles: Role) -> Any:
    return Depends(_only(*roles))


VolunteerPage = Annotated[Actor, by(Role.VOLUNTEER)]
CaseWorkerPage = Annotated[Actor, by(Role.CASE_WORKER)]
ReviewerPage = Annotated[Actor, by(Role.REVIEWER)]
SupervisorPage = Annotated[Actor, by(Role.SUPERVISOR)]
AdminPage = Annotated[Actor, by(Role.ADMIN)]
AuditorPage = Annotated[Actor, by(Role.AUDITOR)]


def page_reading(house: HouseDep, _actor: SignedIn) -> Iterator[Session]:
    with house.context.database.reading() as session:
        yield session


PageReading = Annotated[Session, Depends(page_reading, scope="function")]


def page_looking(house: HouseDep, _actor: SignedIn) -> Iterator[Session]:
    with house.context.database.writing() as session:
        yield session


PageLooking = Annotated[Session, Depends(page_looking, scope="function")]
"""To read what may be read only with an act in the audit log. A page that is asked for changes nothing else."""


def list_page(
    request: Request, house: HouseDep, actor: SignedIn, cursor: Annotated[str | None, Query(max_length=500)] = None
) -> Page:
    return asked_page(request, house, actor, LIST_LENGTH, cursor)


ListPage = Annotated[Page, Depends(list_page)]
"""Of a list: fifty, and after which."""


@dataclass(frozen=True)
class Pages:
    """Draws pages for one request."""

    request: Request
    house: House
    actor: Actor | None

    @property
    def language(self) -> Language:
        return self._renderer.language(self.request)

    def show(self, page: str, status: int = 200, /, **shown: Any) -> HTMLResponse:
        return self._renderer.page(self.request, self.house, self.actor, page, status, **shown)

    @property
    def _renderer(self) -> Renderer:
        return cast("Renderer", self.request.app.state.renderer)


def pages_for(request: Request, house: HouseDep, who: Visitor) -> Pages:
    return Pages(request, house, who)


PagesDep = Annotated[Pages, Depends(pages_for)]


async def page_form(request: Request, house: HouseDep) -> AsyncIterator[FormData]:
    """The fields of a form of ours. Async, for only so is a body read. `FormForeign`."""
    require_own_page(request)
    async with request.form() as form:
        sent = request.headers.get(FORM_HEADER) or form.get(FORM_FIELD) or ""
        require_form_token(house.context.keyring, request, sent if isinstance(sent, str) else "")
        yield form


Form = Annotated[FormData, Depends(page_form)]


def page_writing(house: HouseDep, _actor: SignedIn, _form: Form) -> Iterator[Session]:
    """Opened once the whole form is here and proved our own: nobody holds the one writer while a body trickles in."""
    with house.context.database.writing() as session:
        yield session


PageWriting = Annotated[Session, Depends(page_writing, scope="function")]


def fields_of(form: FormData) -> dict[str, str]:
    """The text fields of a form without our own token; an empty one is one that was not filled in."""
    texts = {name: value for name, value in form.items() if isinstance(value, str) and name != FORM_FIELD}
    return {name: value.strip() for name, value in texts.items() if value.strip()}


def file_of(form: FormData, name: str) -> UploadFile | None:
    """An uploaded file; None where none was chosen."""
    file = form.get(name)
    return file if isinstance(file, UploadFile) and file.filename else None


def read_form(model: type[Model], fields: Mapping[str, Any]) -> Model | list[str]:
    """``fields`` as the API takes them; or the names of the fields that are wrong, to be shown beside them."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        return [".".join(map(str, fault["loc"])) or "form" for fault in error.errors()]


def see_other(path: str) -> RedirectResponse:
    """After a form was taken: a reload must not send it again."""
    return RedirectResponse(path, 303)
