"""The audit log, for auditors. Reading it is an act in it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from app.deps import HouseDep
from app.pages.deps import AuditorPage, ListPage, PagesDep
from app.paging import paged
from app.services.audit_chain import verify_chain
from app.services.audit_decisions import verify_decisions
from models.actor import act
from models.audit import Anchor
from models.records import AuditEntry, User

router = APIRouter(prefix="/audit")
Word = Annotated[str, Query(max_length=64)]


@router.get("")
def log_page(
    actor: AuditorPage, house: HouseDep, pages: PagesDep, page: ListPage, action: Word = "", object_id: Word = ""
) -> Response:
    """Newest first; by action or by what it was done to."""
    query = select(AuditEntry)
    if action:
        query = query.where(AuditEntry.action == action.strip())
    if object_id:
        query = query.where(AuditEntry.object_id == object_id.strip())
    with house.context.database.writing() as session:
        entries, cursor = paged(session, query, page, AuditEntry.number, newest_first=True)
        act(session, actor, "audit.read", "audit", entries[0].number if entries else 0)
        who = {entry.actor_id for entry in entries if entry.actor_id is not None}
        names = dict(session.execute(select(User.id, User.name).where(User.id.in_(who))).all())
        actions = list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))
    asked = {"action": action, "object_id": object_id}
    shown = {"entries": entries, "names": names, "actions": actions, "asked": asked, "next_cursor": cursor}
    return pages.show("audit/log.html", **shown)


@router.get("/chain")
def chain_page(
    actor: AuditorPage,
    house: HouseDep,
    pages: PagesDep,
    number: Annotated[int | None, Query(ge=1)] = None,
    digest: Annotated[str, Query(alias="hash", max_length=64)] = "",
) -> Response:
    """Walk the whole chain, and hold it against an anchor that was kept outside."""
    anchor = Anchor(number, digest.strip()) if number is not None and digest.strip() else None
    with house.context.database.reading() as session:
        report = verify_chain(session, [anchor] if anchor else [])
        decisions = verify_decisions(session)
    with house.context.database.writing() as session:
        act(session, actor, "audit.verify", "audit", report.head.number)
    return pages.show("audit/chain.html", report=report, decisions=decisions, anchor=anchor)
