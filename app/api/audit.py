"""The audit log, for auditors. Reading it is an act in it."""

from fastapi import APIRouter
from sqlalchemy import select

from app.deps import Auditor, Writing
from app.errors import AccountNotApproved, CursorInvalid, NotAllowed, NotSignedIn
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.overview import AuditOut
from models.actor import act
from models.records import AuditEntry

router = APIRouter(prefix="/v1", tags=["audit"])


@router.get("/audit", responses=problems(NotSignedIn, NotAllowed, AccountNotApproved, CursorInvalid))
def read_audit(actor: Auditor, session: Writing, page: PageDep) -> Listed[AuditOut]:
    """Newest first."""
    entries, cursor = paged(session, select(AuditEntry), page, AuditEntry.number, newest_first=True)
    act(session, actor, "audit.read", "audit", entries[0].number if entries else 0)
    return Listed(items=[AuditOut.model_validate(entry) for entry in entries], next_cursor=cursor)
