"""Photos: a volunteer sends them, sees what became of them, and takes them back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Response

from app.api.uploads import MULTIPART, SignedInFirst
from app.deps import HouseDep, Reading, Volunteer, Writing
from app.errors import AccountNotApproved, CursorInvalid, IdempotencyKeyReused, NotAllowed, NotFound, NotSignedIn
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.queries import one_visible, visible_receipts
from app.schemas.photos import NewPhoto, PhotoOut
from app.services.photos import photos_as_seen, upload, withdraw_photo
from indexer.errors import (
    DecoderUnavailable,
    ImageCorrupt,
    ImageDecodeLimit,
    ImageEmpty,
    ImageTooLarge,
    ImageTooSmall,
    ImageTypeUnsupported,
    StorageFull,
    StorageUnavailable,
    StoredTooLate,
    UploadQuotaReached,
)
from indexer.intake import UploadDetails
from models.photo import Receipt

router = APIRouter(prefix="/v1/photos", tags=["photos"], route_class=SignedInFirst)
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)
NO_PHOTO = (ImageEmpty, ImageTypeUnsupported, ImageTooLarge, ImageTooSmall, ImageCorrupt, ImageDecodeLimit)
CANNOT_KEEP = (
    UploadQuotaReached,
    DecoderUnavailable,
    StorageFull,
    StorageUnavailable,
    StoredTooLate,
    IdempotencyKeyReused,
)


@router.post("", status_code=202, response_model=PhotoOut, responses=problems(*REFUSALS, *NO_PHOTO, *CANNOT_KEEP))
def send_photo(
    asked: Annotated[NewPhoto, Form(media_type=MULTIPART)], actor: Volunteer, house: HouseDep, once: OnceDep
) -> Response:
    said = asked.model_dump(exclude={"file"}) | {"source_url": str(asked.source_url) if asked.source_url else None}
    return upload(house, actor, once, asked.file.file.read(), UploadDetails(**said))


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_photos(actor: Volunteer, session: Reading, page: PageDep) -> Listed[PhotoOut]:
    query = visible_receipts(actor)
    found, cursor = paged(session, query, page, Receipt.uploaded_at, Receipt.id, newest_first=True)
    return Listed(items=photos_as_seen(session, found), next_cursor=cursor)


@router.get("/{photo_id}", responses=problems(*REFUSALS, NotFound))
def see_photo(photo_id: UUID, actor: Volunteer, session: Reading) -> PhotoOut:
    receipt = one_visible(session, visible_receipts(actor), Receipt.id, photo_id, "photo")
    return photos_as_seen(session, [receipt])[0]


@router.delete("/{photo_id}", status_code=204, responses=problems(*REFUSALS, NotFound))
def take_photo_back(photo_id: UUID, actor: Volunteer, session: Writing) -> None:
    withdraw_photo(session, actor, photo_id)
