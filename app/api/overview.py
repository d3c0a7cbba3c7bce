"""How the house stands, for admins: counts, the gallery, the packs."""

from fastapi import APIRouter

from app.deps import Admin, HouseDep, Reading
from app.errors import AccountNotApproved, NotAllowed, NotSignedIn
from app.problems import problems
from app.schemas.overview import GalleryOut, Packs, Stats
from app.services.overview import gallery_state, packs_known, statistics

router = APIRouter(prefix="/v1", tags=["overview"])
REFUSALS = problems(NotSignedIn, NotAllowed, AccountNotApproved)


@router.get("/stats", responses=REFUSALS)
def read_stats(_admin: Admin, session: Reading) -> Stats:
    return statistics(session)


@router.get("/gallery", responses=REFUSALS)
def read_gallery(_admin: Admin, house: HouseDep, session: Reading) -> GalleryOut:
    """The gallery this service searches. `lag`: changes in the database that it has not taken in yet."""
    return gallery_state(session, house.follower)


@router.get("/packs", responses=REFUSALS)
def read_packs(_admin: Admin, house: HouseDep, session: Reading) -> Packs:
    """Every pack that has made templates here, with its licence; for the one in use also what it is weak at."""
    return Packs(items=packs_known(session, house))
