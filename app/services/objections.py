"""A guardian objects: the case is found by a number that they have, never by a face."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.queries import visible_cases
from app.services.cases import details_of
from indexer.keyring import KeyRing
from models.actor import Actor
from models.candidate import Candidate
from models.case import Case
from models.reference import Reference
from models.review import Authority, Release


@dataclass(frozen=True)
class Told:
    """An authority that was told of a street face in this case."""

    authority: str
    contact: str
    at: datetime | None


@dataclass(frozen=True)
class Kept:
    """What is still kept and done about a child whose guardian objects."""

    references: int
    told: Sequence[Told]


def cases_with_number(session: Session, keyring: KeyRing, actor: Actor, number: str) -> list[Case]:
    """By our own number, else by the police reference, which is sealed in each case: all of them are opened for it."""
    wanted = _plain(number)
    visible = visible_cases(actor)
    ours = session.scalars(visible.where(Case.number.in_([wanted, f"HW-{wanted}"]))).all()
    if ours:
        return list(ours)
    every = session.scalars(visible.order_by(Case.opened_at))
    return [case for case in every if _plain(details_of(keyring, case)["police_reference"] or "") == wanted]


def kept_of(session: Session, case: Case) -> Kept:
    references = session.scalar(select(func.count()).select_from(Reference).where(Reference.case_id == case.id))
    released = (
        select(Authority.name, Authority.contact, Release.agreed_at)
        .join(Release, Release.authority_id == Authority.id)
        .join(Candidate, Release.candidate_id == Candidate.id)
        .where(Candidate.case_id == case.id, Release.agreed_at.is_not(None))
    )
    return Kept(references or 0, [Told(*row) for row in session.execute(released.order_by(Release.agreed_at))])


def _plain(number: str) -> str:
    """As people write it: small letters and spaces say nothing."""
    return "".join(number.split()).upper()
