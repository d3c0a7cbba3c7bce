"""Legal holds: a supervisor keeps a case, or the photo of a candidate, from being destroyed, until one lifts it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.queries import one_visible, visible_cases
from app.schemas.holds import NewHold
from app.services.candidates import photo_of, visible_candidates
from indexer.turns import ERASURE, take_turn
from models.actor import Actor, act
from models.candidate import Candidate
from models.case import Case
from models.hold import Hold


def lay_hold(session: Session, actor: Actor, asked: NewHold) -> Hold:
    """`NotFound`."""
    take_turn(session, ERASURE)  # an erasure under way is over before, or waits and finds it
    hold = Hold(**_on(session, actor, asked), reason=asked.reason, made_by=actor.id)
    session.add(hold)
    session.flush()
    act(session, actor, "hold.lay", "hold", hold.id, asked.reason)
    return hold


def lift_hold(session: Session, actor: Actor, hold_id: UUID) -> Hold:
    """`NotFound`, `WrongState`."""
    hold = one_visible(session, select(Hold).with_for_update(), Hold.id, hold_id, "hold")
    hold.lift(actor.user)
    act(session, actor, "hold.lift", "hold", hold.id)
    return hold


def _on(session: Session, actor: Actor, asked: NewHold) -> dict[str, UUID]:
    if asked.case_id is not None:
        return {"case_id": one_visible(session, visible_cases(actor), Case.id, asked.case_id, "case").id}
    assert asked.candidate_id is not None
    candidate = one_visible(session, visible_candidates(), Candidate.id, asked.candidate_id, "candidate")
    return {"photo_id": photo_of(session, candidate).id}
