"""How the house runs, for admins. No face, no case, no place."""

from fastapi import APIRouter, Response
from sqlalchemy import select

from app.deps import HouseDep
from app.pages.deps import AdminPage, Form, PageReading, PagesDep, PageWriting, fields_of, see_other
from app.services.operation import photos_by_day, storage
from app.services.overview import gallery_state, packs_known, statistics
from indexer.claims import retry_failed
from indexer.retention import believe, forecast
from models.actor import act
from models.photo import Photo, PhotoState
from models.types import now

router = APIRouter()


@router.get("/operations")
def operation_page(_admin: AdminPage, house: HouseDep, pages: PagesDep, session: PageReading) -> Response:
    failed = select(Photo.reason).where(Photo.state == PhotoState.FAILED)
    reasons: dict[str, int] = {}
    for reason in session.scalars(failed):
        reasons[reason or "unknown"] = reasons.get(reason or "unknown", 0) + 1
    return pages.show(
        "operations/overview.html",
        stats=statistics(session),
        days=photos_by_day(session),
        failed=dict(sorted(reasons.items())),
        gallery=gallery_state(session, house.follower),
        packs=packs_known(session, house),
        retention=forecast(session, now()),
        storage=storage(house.settings),
    )


@router.post("/operations/retry")
def retry_photos(actor: AdminPage, form: Form, session: PageWriting) -> Response:
    """Put failed photos back into the queue: those of one reason, or all."""
    failed = select(Photo.id).where(Photo.state == PhotoState.FAILED)
    reason = fields_of(form).get("reason")
    ids = list(session.scalars(failed.where(Photo.reason == reason) if reason else failed))
    for photo_id in retry_failed(session, ids):
        act(session, actor, "photo.retry", "photo", photo_id)
    return see_other("/operations")


@router.post("/operations/clock")
def believe_clock(actor: AdminPage, _form: Form, session: PageWriting) -> Response:
    """The machine's clock jumped, and an admin has looked: it is right."""
    believe(session, now())
    act(session, actor, "retention.run", "installation", 1, "the clock is right")
    return see_other("/operations")
