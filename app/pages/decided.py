"""All that a supervisor's page of one candidate shows."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.queries import listed_authorities, one_visible
from app.schemas.candidates import CandidateDetail
from app.schemas.review import FeatureGroup
from app.services.candidates import PHOTO_NUMBER, described, photo_of, visible_candidates
from app.services.waiting import names_of
from indexer.context import Context
from models.actor import Actor
from models.candidate import Candidate
from models.photo import PhotoState
from models.review import ALONE_WAITS, Adjudication, Outcome
from models.types import now


def shown_to(context: Context, actor: Actor, candidate_id: UUID) -> dict[str, Any]:
    """`NotFound`."""
    with context.database.reading() as session:
        candidate = one_visible(session, visible_candidates(), Candidate.id, candidate_id, "candidate")
        item = described(session, context, candidate)
        adjudication = session.get(Adjudication, (candidate.id, candidate.round))
        outcome = session.get(Outcome, candidate.id)
        return {
            "item": item,
            "rated": [group for group in FeatureGroup if any(group in answer.features for answer in item.answers)],
            "adjudication": adjudication,
            "outcome": outcome,
            "authorities": list(session.scalars(listed_authorities())),
            "is_withdrawn": photo_of(session, candidate).state is PhotoState.HIDDEN,
            "photo_number": PHOTO_NUMBER,
            "names": _names(session, item, adjudication, outcome),
            **_agreement(actor, item),
        }


def _agreement(actor: Actor, item: CandidateDetail) -> dict[str, Any]:
    """Whether ``actor`` may agree to the release; whoever proposed it, when no other could be asked by then."""
    release = item.release
    alone_from = release.proposed_at + ALONE_WAITS if release else None
    is_own = release is not None and release.proposed_by == actor.id
    may_agree = release is not None and (not is_own or release.proposed_at + ALONE_WAITS <= now())
    is_reader = release is not None and release.agreed_by == actor.id
    return {"alone_from": alone_from, "is_own": is_own, "may_agree": may_agree, "is_reader": is_reader}


def _names(
    session: Session, item: CandidateDetail, adjudication: Adjudication | None, outcome: Outcome | None
) -> dict[UUID, str]:
    """Of supervisors alone: who answered is told to nobody."""
    release = item.release
    ids = [release.proposed_by, release.agreed_by] if release else []
    ids += [adjudication.by] if adjudication else []
    return names_of(session, [*ids, outcome.recorded_by if outcome else None])
