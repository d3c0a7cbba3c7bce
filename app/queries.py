"""Visibility: every read of a case, photo or candidate starts here, so nobody sees one by a forgotten filter.

What is foreign and what is absent take the same path and give the same answer: `NotFound`.
"""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from models.actor import Actor
from models.records import Authority, Case, Receipt
from models.user import Role

Record = TypeVar("Record")


def visible_cases(actor: Actor) -> Select[Case]:
    """A case worker's own cases; all for a supervisor; none for anyone else."""
    if actor.role is Role.SUPERVISOR:
        return select(Case)
    worker = actor.id if actor.role is Role.CASE_WORKER else None
    return select(Case).where(Case.worker_id == worker)


def visible_receipts(actor: Actor) -> Select[Receipt]:
    """A volunteer's own receipts."""
    return select(Receipt).where(Receipt.uploader_id == actor.id)


def one_visible(session: Session, query: Select[Record], column: object, value: UUID, thing: str) -> Record:
    """The one record of ``query`` whose ``column`` is ``value``. `NotFound`."""
    record = session.scalars(query.where(column == value)).one_or_none()  # type: ignore[arg-type]
    if record is None:
        raise NotFound(thing=thing)
    return record


def visible_case(session: Session, actor: Actor, case_id: UUID) -> Case:
    return one_visible(session, visible_cases(actor), Case.id, case_id, "case")


def listed_authorities() -> Select[Authority]:
    """To whom a release may go."""
    listed = Authority.agreed_at.is_not(None) & Authority.retired_at.is_(None)
    return select(Authority).where(listed).order_by(Authority.name)
