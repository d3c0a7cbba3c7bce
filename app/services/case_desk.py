"""What a case worker finds on their desk: their cases at a glance, and what is new about them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.queries import visible_cases
from app.schemas.references import ReferenceOut
from app.schemas.searches import CandidateOut, ReviewState, SearchSummary
from app.services.alerts import visible_alerts
from app.services.cases import details_of, missing_in
from app.services.reference_view import references_of
from app.services.searches import candidates_told, searches_of, summaries
from app.services.worker_view import (
    ReleaseTold,
    age_shown,
    birth_date_of,
    releases_told,
    states_told,
    told_candidates,
)
from indexer.keyring import KeyRing
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, Search
from models.case import Case, CaseState
from models.reference import Reference, ReferenceState
from models.types import now

NEWS = 20
SEARCHES = 5
_ORDER = (
    ReviewState.RELEASED,
    ReviewState.CONFIRMED,
    ReviewState.IN_REVIEW,
    ReviewState.OPEN,
    ReviewState.REJECTED,
    ReviewState.WITHDRAWN,
)


@dataclass(frozen=True)
class CaseRow:
    """One case in its worker's list. ``candidates`` only while the case is approved: else there are none to tell."""

    case: Case
    child_name: str
    missing: list[str]
    references: int
    unchosen: int
    candidates: Counter[ReviewState]


@dataclass(frozen=True)
class NewsItem:
    """Something that a case worker is told in the daily batch."""

    kind: AlertKind
    at: datetime
    case: Case


@dataclass(frozen=True)
class Dated:
    """A reference, and the age in years it shows, as far as anyone knows."""

    reference: ReferenceOut
    age: float | None


@dataclass(frozen=True)
class Desk:
    """What lies on the desk of one case. Searches and candidates only while it is approved."""

    references: list[Dated]
    searches: list[SearchSummary]
    candidates: dict[ReviewState, list[CandidateOut]]
    releases: dict[UUID, ReleaseTold]


def desk_of(session: Session, keyring: KeyRing, actor: Actor, case: Case) -> Desk:
    references = timeline(session, keyring, case)
    if case.state is not CaseState.APPROVED:
        return Desk(references, [], {}, {})
    newest = searches_of(case).order_by(Search.at.desc(), Search.id).limit(SEARCHES)
    searches = summaries(session, list(session.scalars(newest)))
    found = list(session.scalars(told_candidates(case, now()).order_by(Candidate.found_at, Candidate.id)))
    told = candidates_told(session, keyring, actor, case, found)
    releases = releases_told(session, [each.id for each in told])
    return Desk(references, searches, _by_state(told), releases)


def timeline(session: Session, keyring: KeyRing, case: Case) -> list[Dated]:
    """The references of ``case`` from the youngest on; last those that nobody has dated."""
    born = birth_date_of(keyring, case)
    found = session.scalars(select(Reference).where(Reference.case_id == case.id).order_by(Reference.added_at)).all()
    ages = [age_shown(each, born) for each in found]
    dated = [Dated(each, age) for each, age in zip(references_of(session, found), ages, strict=True)]
    return sorted(dated, key=lambda each: (each.age is None, each.age or 0, each.reference.taken_on or date.max))


def _by_state(candidates: list[CandidateOut]) -> dict[ReviewState, list[CandidateOut]]:
    """Best first in each; the states in the order in which they matter."""
    groups = {
        state: sorted((each for each in candidates if each.state is state), key=lambda each: -each.score)
        for state in _ORDER
    }
    return {state: group for state, group in groups.items() if group}


def rows_of(session: Session, keyring: KeyRing, actor: Actor, cases: Sequence[Case]) -> list[CaseRow]:
    """With the children's names, which is an act in the audit log."""
    act(session, actor, "case.list", "user", actor.id)
    references = _reference_counts(session, [case.id for case in cases])
    return [_row(session, keyring, case, references.get(case.id, (0, 0))) for case in cases]


def news_of(session: Session, actor: Actor, batch_hour: int, at: datetime, case: Case | None = None) -> list[NewsItem]:
    """The latest of ``case``, or of all that are theirs now."""
    alerts = visible_alerts(actor, batch_hour, at)
    if case is not None:
        ids = session.scalars(select(Candidate.id).where(Candidate.case_id == case.id))
        alerts = alerts.where(Alert.object_id.in_([str(case.id), *map(str, ids)]))
    latest = list(session.scalars(alerts.order_by(Alert.at.desc(), Alert.id).limit(NEWS)))
    cases = _cases_of(session, actor, latest)
    return [NewsItem(alert.kind, alert.at, cases[alert.id]) for alert in latest if alert.id in cases]


def _row(session: Session, keyring: KeyRing, case: Case, references: tuple[int, int]) -> CaseRow:
    details = details_of(keyring, case)
    told = states_told(session, case, now()) if case.state is CaseState.APPROVED else Counter[ReviewState]()
    return CaseRow(case, details["child_name"] or "", missing_in(details), *references, told)


def _reference_counts(session: Session, case_ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """All, and those whose face nobody has chosen yet."""
    unchosen = func.count().filter(Reference.state == ReferenceState.NEEDS_FACE)
    counts = select(Reference.case_id, func.count(), unchosen).where(Reference.case_id.in_(case_ids))
    return {case_id: (all_, open_) for case_id, all_, open_ in session.execute(counts.group_by(Reference.case_id))}


def _cases_of(session: Session, actor: Actor, alerts: Sequence[Alert]) -> dict[UUID, Case]:
    """By alert; without those whose case is another worker's by now."""
    of_candidates = [UUID(alert.object_id) for alert in alerts if alert.object_type == "candidate"]
    pairs = session.execute(select(Candidate.id, Candidate.case_id).where(Candidate.id.in_(of_candidates)))
    case_ids = {str(candidate_id): case_id for candidate_id, case_id in pairs}
    about = {
        alert.id: UUID(alert.object_id) if alert.object_type == "case" else case_ids.get(alert.object_id)
        for alert in alerts
    }
    ours = {case.id: case for case in session.scalars(visible_cases(actor).where(Case.id.in_(set(about.values()))))}
    return {alert_id: ours[case_id] for alert_id, case_id in about.items() if case_id in ours}
