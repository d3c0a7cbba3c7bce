"""What waits for a supervisor: counts, and the first of each kind, the longest waiting first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app.queries import visible_cases
from models.actor import Actor
from models.candidate import Candidate, CandidateState
from models.case import Case, CaseState
from models.erasure import Erasure, ErasureState
from models.reference import Reference, ReferenceState
from models.review import Authority, Release
from models.user import User, UserState

SHOWN = 10
"""Of each kind: whoever has done these opens the list again."""


@dataclass(frozen=True)
class WaitingReferences:
    """Of one approved case."""

    case_id: UUID
    number: str
    count: int


@dataclass(frozen=True)
class WaitingCandidate:
    id: UUID
    number: str
    decided_at: datetime | None


@dataclass(frozen=True)
class WaitingRelease:
    """Proposed; a second supervisor has to agree."""

    id: UUID
    number: str
    authority: str
    proposed_by: UUID
    proposed_at: datetime


@dataclass(frozen=True)
class Waiting:
    """`counts` has the length of each whole list by its name here."""

    cases: list[Case]
    references: list[WaitingReferences]
    accounts: list[User]
    conflicts: list[WaitingCandidate]
    confirmed: list[WaitingCandidate]
    releases: list[WaitingRelease]
    erasures: int
    counts: dict[str, int]


def waiting_for(session: Session, actor: Actor) -> Waiting:
    cases = visible_cases(actor).where(Case.state == CaseState.AWAITING_APPROVAL)
    accounts = waiting_accounts()
    conflicts, confirmed, releases = _candidates(CandidateState.CONFLICT), _unproposed(), _releases()
    references = [WaitingReferences(*row) for row in session.execute(_references())]
    erasures = _count(session, select(Erasure.id).where(Erasure.state == ErasureState.PROPOSED))
    return Waiting(
        cases=list(session.scalars(cases.order_by(Case.opened_at).limit(SHOWN))),
        references=references[:SHOWN],
        accounts=list(session.scalars(accounts.limit(SHOWN))),
        conflicts=[WaitingCandidate(*row) for row in session.execute(conflicts.limit(SHOWN))],
        confirmed=[WaitingCandidate(*row) for row in session.execute(confirmed.limit(SHOWN))],
        releases=[WaitingRelease(*row) for row in session.execute(releases.limit(SHOWN))],
        erasures=erasures,
        counts={
            "cases": _count(session, cases),
            "references": sum(each.count for each in references),
            "accounts": _count(session, accounts),
            "conflicts": _count(session, conflicts),
            "confirmed": _count(session, confirmed),
            "releases": _count(session, releases),
            "erasures": erasures,
        },
    )


def waiting_accounts() -> Select[User]:
    return select(User).where(User.state == UserState.AWAITING_APPROVAL).order_by(User.created_at)


def names_of(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Of accounts. Only for those whose name a supervisor may read: never a reviewer's beside an answer."""
    wanted = {each for each in ids if each is not None}
    rows: Iterable[Row[UUID, str]] = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def _references() -> Select[UUID, str, int]:
    """By case. Those of a case that waits itself are approved with it."""
    ready = (Reference.state == ReferenceState.READY) & Reference.approved_at.is_(None)
    of_case = (Reference.case_id == Case.id) & ready
    counted = select(Case.id, Case.number, func.count()).join(Reference, of_case)
    approved = counted.where(Case.state == CaseState.APPROVED)
    return approved.group_by(Case.id, Case.number).order_by(func.min(Reference.added_at))


def _candidates(state: CandidateState) -> Select[UUID, str, datetime | None]:
    columns = select(Candidate.id, Case.number, Candidate.decided_at).join(Case, Candidate.case_id == Case.id)
    return columns.where(Candidate.state == state).order_by(Candidate.decided_at)


def _unproposed() -> Select[UUID, str, datetime | None]:
    proposed = select(Release.candidate_id)
    return _candidates(CandidateState.CONFIRMED).where(Candidate.id.not_in(proposed))


def _releases() -> Select[UUID, str, str, UUID, datetime]:
    columns = select(Candidate.id, Case.number, Authority.name, Release.proposed_by, Release.proposed_at)
    proposed = columns.join(Case, Candidate.case_id == Case.id).join(Release, Release.candidate_id == Candidate.id)
    named = proposed.join(Authority, Release.authority_id == Authority.id)
    return named.where(Candidate.state == CandidateState.CONFIRMED).order_by(Release.proposed_at)


def _count(session: Session, query: Select[*tuple[object, ...]]) -> int:
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
