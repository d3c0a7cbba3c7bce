"""Whether the process lives, whether it can do its work, and its counters. For machines: nothing about anyone."""

import hmac

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from sqlalchemy import text

from app.deps import HouseDep
from app.errors import NotFound, NotSignedIn
from app.problems import problems
from indexer.errors import GalleryNotReady

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str


@router.get("/livez", responses=problems())
def live() -> Health:
    return Health(status="alive")


@router.get("/readyz", responses=problems(GalleryNotReady))
def ready(house: HouseDep) -> Health:
    """The database answers and the gallery is loaded. `GalleryNotReady`, `ServiceBusy`."""
    with house.context.database.reading() as session:
        session.execute(text("SELECT 1"))
    if not house.follower.is_ready:
        raise GalleryNotReady
    return Health(status="ready")


@router.get("/metrics", response_class=Response, responses=problems(NotSignedIn, NotFound))
def read_metrics(request: Request, house: HouseDep) -> Response:
    """In Prometheus' text form, for the bearer of the metrics key; without such a key there is nothing here."""
    key = house.settings.metrics_key
    if key is None:
        raise NotFound(thing="address")
    shown = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {key.get_secret_value()}".encode()):
        raise NotSignedIn
    faces = len(house.follower.gallery) if house.follower.is_ready else 0
    return Response(house.metrics.text(faces), media_type=CONTENT_TYPE_LATEST)
