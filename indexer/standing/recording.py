"""What standing search found goes on record: searches that nobody asked for, their candidates, and who should notice.

The caller's transaction also moves its cursor or its marks: nothing is lost between, and nothing comes twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.daily_batch import next_batch
from indexer.linking.candidates import known_candidates
from indexer.messages.outbox import gather
from indexer.ranking import live_photos
from indexer.scoring import ScoredFace
from indexer.search import FIRST_BATCH, Findings, search_row, store_results
from indexer.settings import IndexerSettings
from indexer.turns import ERASURE, share_turn
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState, SearchKind
from models.case import Case
from models.types import now


@dataclass(frozen=True)
class Found:
    """The faces of one case at or above its threshold, best first; and which rejected candidates come back."""

    case_id: UUID
    findings: Findings
    returning: frozenset[UUID]


def locked_cases(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Locked in the order of their ids, as they are now."""
    rows = select(Case).where(Case.id.in_(sorted(set(case_ids)))).order_by(Case.id)
    locked = session.scalars(rows.with_for_update().execution_options(populate_existing=True))
    return {case.id: case for case in locked}


def record_found(session: Session, settings: IndexerSettings, cases: dict[UUID, Case], found: Sequence[Found]) -> int:
    """How many candidates are new or came back. ``cases``: from `locked_cases`; a case closed since gets none."""
    if not found:
        return 0
    share_turn(session, ERASURE)
    _lock_candidates(session, {each for one in found for each in one.returning})
    told_at = next_batch(settings.batch_hour_utc, now())
    count = 0
    for each in sorted(found, key=lambda one: one.case_id):
        case = cases.get(each.case_id)
        if case is not None and case.is_searchable:
            fresh = _record(session, case, each, told_at)
            if fresh:
                _alert(session, case, told_at)
            count += fresh
    if count:
        gather(session, settings, AlertKind.CANDIDATES_FOUND, count)
    return count


def _record(session: Session, case: Case, found: Found, told_at: datetime) -> int:
    findings = found.findings
    photos = live_photos(session, (face.face_id for face in findings.faces), findings.pack_id)
    fresh = _fresh(session, case, [face for face in findings.faces if face.face_id in photos], found.returning)
    if not fresh:
        return 0
    search = search_row(case, findings)
    search.kind, search.told_at = SearchKind.STANDING, told_at
    store_results(session, case, search, findings, fresh, photos)
    return len(fresh)


def _fresh(session: Session, case: Case, faces: list[ScoredFace], returning: frozenset[UUID]) -> list[ScoredFace]:
    """Those that are no candidate of the case yet, and those that come back, in order."""
    known = known_candidates(session, case.id, [face.face_id for face in faces])
    fresh = []
    for face in faces:
        candidate = known.get(face.face_id)
        if candidate is None:
            fresh.append(face)
        elif candidate.id in returning and candidate.state is CandidateState.REJECTED:
            candidate.come_back(batch=1 if len(fresh) < FIRST_BATCH else 2)
            fresh.append(face)
    return fresh


def _lock_candidates(session: Session, candidate_ids: set[UUID]) -> None:
    if candidate_ids:
        rows = select(Candidate).where(Candidate.id.in_(candidate_ids)).order_by(Candidate.id)
        session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all()


def _alert(session: Session, case: Case, told_at: datetime) -> None:
    """Supervisors at once; the case's worker once in each batch."""
    about = {"kind": AlertKind.CANDIDATES_FOUND, "object_type": "case", "object_id": str(case.id)}
    session.add(Alert(**about))
    of_batch = Alert.user_id == case.worker_id, Alert.kind == AlertKind.CANDIDATES_FOUND, Alert.at == told_at
    if session.scalar(select(Alert.id).where(*of_batch, Alert.object_id == str(case.id))) is None:
        session.add(Alert(user_id=case.worker_id, at=told_at, **about))
