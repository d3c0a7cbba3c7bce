"""References that have not been compared with every face: new ones, and those of a case that was approved again.

A case that waited for approval was not compared with the faces that came meanwhile, so all its references wait again.
Under a new pack every reference does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.case import Case, CaseState
from models.face import Face
from models.reference import Reference, ReferenceState
from models.standing import SearchedReference
from models.template import Template


@dataclass(frozen=True)
class Waiting:
    """``case_approved_at``: the approval under which it is searched."""

    case_id: UUID
    reference_id: UUID
    case_approved_at: datetime | None


def waiting_references(session: Session, pack_id: str) -> list[Waiting]:
    """All of them, the first approved first."""
    chosen = (Face.reference_id == Reference.id) & (Face.number == Reference.chosen)
    query = (
        select(Reference.case_id, Reference.id, Case.approved_at)
        .join(Case, Case.id == Reference.case_id)
        .join(Face, chosen)
        .join(Template, (Template.face_id == Face.id) & (Template.pack_id == pack_id))
        .outerjoin(SearchedReference, SearchedReference.reference_id == Reference.id)
        .where(Case.state == CaseState.APPROVED, Reference.state == ReferenceState.READY)
        .where(Reference.approved_at.is_not(None))
        .where(
            SearchedReference.reference_id.is_(None)
            | (SearchedReference.pack_id != pack_id)
            | SearchedReference.case_approved_at.is_distinct_from(Case.approved_at)
        )
        .order_by(Reference.approved_at, Reference.id)
    )
    return [Waiting(*row) for row in session.execute(query)]


def mark_searched(session: Session, pack_id: str, searched: Iterable[Waiting]) -> None:
    """Those that are still there. The rows of their cases are locked, so none of them goes meanwhile."""
    wanted = {each.reference_id: each for each in searched}
    for reference_id in session.scalars(select(Reference.id).where(Reference.id.in_(wanted)).order_by(Reference.id)):
        approved_at = wanted[reference_id].case_approved_at
        session.merge(SearchedReference(reference_id=reference_id, pack_id=pack_id, case_approved_at=approved_at))
    session.flush()
