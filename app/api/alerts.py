"""What supervisors and case workers should notice."""

from fastapi import APIRouter

from app.deps import CaseWorkerOrSupervisor, HouseDep, Reading
from app.errors import AccountNotApproved, CursorInvalid, NotAllowed, NotSignedIn
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.overview import AlertOut
from app.services.alerts import described, visible_alerts
from models.records import Alert
from models.types import now

router = APIRouter(prefix="/v1", tags=["alerts"])


@router.get("/alerts", responses=problems(NotSignedIn, NotAllowed, AccountNotApproved, CursorInvalid))
def list_alerts(actor: CaseWorkerOrSupervisor, house: HouseDep, session: Reading, page: PageDep) -> Listed[AlertOut]:
    query = visible_alerts(actor, house.settings.batch_hour_utc, now())
    alerts, cursor = paged(session, query, page, Alert.at, Alert.id, newest_first=True)
    return Listed(items=described(session, alerts), next_cursor=cursor)
