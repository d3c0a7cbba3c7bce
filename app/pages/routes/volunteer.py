"""A volunteer's page: photos are sent, seen by what became of them, and taken back. No picture ever comes back."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from app.deps import HouseDep
from app.house import House
from app.idempotency import Once
from app.pages.cookie import FORM_HEADER, form_token
from app.pages.deps import (
    Form,
    ListPage,
    Pages,
    PagesDep,
    PageWriting,
    VolunteerPage,
    fields_of,
    see_other,
)
from app.pages.static import static_files
from app.pages.uploads import PageSignedInFirst
from app.paging import Page, paged
from app.queries import visible_receipts
from app.schemas.photos import SaidOfPhoto
from app.services.photos import photos_as_seen, upload, withdraw_photo
from indexer.errors import ImageRefused, UploadQuotaReached
from indexer.intake import UploadDetails
from models.actor import Actor
from models.errors import HomewardError
from models.photo import Receipt

router = APIRouter(route_class=PageSignedInFirst)
_SAID = ("taken_at", "latitude", "longitude", "place", "note", "apparent_age", "apparent_sex")


@router.get("/photos")
def photos_page(actor: VolunteerPage, pages: PagesDep, page: ListPage) -> Response:
    return _page(pages, actor, page)


@router.post("/photos")
def send_photos(
    request: Request, actor: VolunteerPage, house: HouseDep, pages: PagesDep, page: ListPage, form: Form
) -> Response:
    """From a form: one photo or a few. From our script: one, answered as the API answers."""
    try:
        details = _details(form)
    except ValidationError as error:
        faults = [str(fault["loc"][0]) for fault in error.errors() if fault["loc"]]
        if FORM_HEADER in request.headers:
            return JSONResponse({"faults": faults}, 422)
        return _page(pages, actor, page, faults=faults or ["longitude"], fields=fields_of(form))
    files = [file for file in form.getlist("file") if isinstance(file, UploadFile) and file.filename]
    if FORM_HEADER in request.headers and len(files) == 1:
        return _send(house, actor, files[0], details)
    refused = _send_all(house, actor, files, details)
    if files and not refused:
        return see_other("/photos")
    return _page(pages, actor, page, refused=refused, faults=[] if files else ["file"], fields=fields_of(form))


@router.post("/photos/{photo_id}/withdraw")
def withdraw(photo_id: UUID, actor: VolunteerPage, session: PageWriting) -> Response:
    withdraw_photo(session, actor, photo_id)
    return see_other("/photos")


@router.get("/photos/danger")
def danger_page(_actor: VolunteerPage, house: HouseDep, pages: PagesDep) -> Response:
    """The operator's words. This service promises nothing."""
    return pages.show("photos/danger.html", hotline=house.settings.hotline)


@router.get("/photos/ticket")
def ticket(request: Request, _actor: VolunteerPage, house: HouseDep) -> Response:
    """What a photo that waited offline is sent with: the token of the session that is open by then."""
    return JSONResponse({"form_token": form_token(house.context.keyring, request)})


@router.get("/photos/shell")
def shell(pages: PagesDep, house: HouseDep) -> Response:
    """The page that a phone keeps for when there is no network: nothing of anybody is on it."""
    nobody = Pages(pages.request, pages.house, None)
    return nobody.show("photos/shell.html", hotline=house.settings.hotline)


@router.get("/photos-worker.js")
def worker() -> Response:
    """The service worker lies at the root, for the page it serves does. It works under the policy it is sent with."""
    file = static_files()["photos/worker.js"]
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)


def _details(form: FormData) -> UploadDetails:
    """`ValidationError`."""
    said = {name: value for name, value in fields_of(form).items() if name in _SAID}
    asked = SaidOfPhoto.model_validate(said)
    return UploadDetails(**asked.model_dump(exclude={"source_url"}))


def _send(house: House, actor: Actor, file: UploadFile, details: UploadDetails) -> Response:
    once = Once(house.context.keyring, None, "POST /photos", 202)  # the same photo again is known by its digest
    return upload(house, actor, once, file.file.read(), details)


def _send_all(
    house: House, actor: Actor, files: list[UploadFile], details: UploadDetails
) -> list[tuple[str, HomewardError]]:
    """Name and reason of each that was refused; the others are safe."""
    refused: list[tuple[str, HomewardError]] = []
    for file in files:
        try:
            _send(house, actor, file, details)
        except (ImageRefused, UploadQuotaReached) as error:
            refused.append((file.filename or "", error))
    return refused


def _page(pages: Pages, actor: Actor, page: Page, **tried: Any) -> Response:
    with pages.house.context.database.reading() as session:
        query = visible_receipts(actor)
        found, cursor = paged(session, query, page, Receipt.uploaded_at, Receipt.id, newest_first=True)
        photos = photos_as_seen(session, found)
    shown = {"refused": [], "faults": [], "fields": {}} | tried
    status = 422 if shown["refused"] or shown["faults"] else 200
    return pages.show("photos/photos.html", status, photos=photos, next_cursor=cursor, **shown)
