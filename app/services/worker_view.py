"""What a case worker is told of candidates. Everything else about a street photo stays on this side of it.

Answers are built from the few values here, field by field: nothing is passed through from a record of a photo or face
but the words for its quality.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from app.schemas.searches import BestReference, CandidateOut, ReviewState
from app.services.cases import details_of
from indexer.keyring import KeyRing
from indexer.scoring import two_digits
from models.candidate import Candidate, CandidateState, Search, SearchKind, SearchResult
from models.case import Case
from models.face import Face
from models.photo import Photo, PhotoState
from models.reference import Reference
from models.review import Authority, Outcome, Release

DAYS_PER_YEAR = 365.25
_TOLD = {
    CandidateState.OPEN: ReviewState.OPEN,
    CandidateState.IN_REVIEW: ReviewState.IN_REVIEW,
    CandidateState.CONFLICT: ReviewState.IN_REVIEW,
    CandidateState.CONFIRMED: ReviewState.CONFIRMED,
    CandidateState.REJECTED: ReviewState.REJECTED,
    CandidateState.RELEASED: ReviewState.RELEASED,
    CandidateState.REUNITED: ReviewState.RELEASED,
    CandidateState.ELSEWHERE: ReviewState.RELEASED,
    CandidateState.NOT_THE_CHILD: ReviewState.RELEASED,
    CandidateState.WITHDRAWN: ReviewState.WITHDRAWN,
}


def live_candidates(case: Case) -> Select[Candidate]:
    """Those of the case whose photo is neither erased nor hidden."""
    query = select(Candidate).join(Face, Candidate.face_id == Face.id).join(Photo, Face.photo_id == Photo.id)
    return query.where(Candidate.case_id == case.id, Photo.state != PhotoState.HIDDEN)


def states_told(session: Session, case: Case, at: datetime) -> Counter[ReviewState]:
    """How many candidates the case's worker has been told of by ``at``, by how far people are."""
    told_by_then = told_candidates(case, at).with_only_columns(Candidate.state, func.count()).group_by(Candidate.state)
    counted: Counter[ReviewState] = Counter()
    for state, count in session.execute(told_by_then):
        counted[_TOLD[state]] += count
    return counted


def told_candidates(case: Case, at: datetime) -> Select[Candidate]:
    """The live ones that its worker has been told of by ``at``: what standing search found waits for its batch."""
    found = SearchResult.candidate_id == Candidate.id, Search.id == SearchResult.search_id, Search.told_at <= at
    return live_candidates(case).where(exists().where(*found).correlate(Candidate))


def latest_results(session: Session, candidates: Sequence[Candidate], at: datetime) -> list[SearchResult]:
    """For each candidate its place in the latest search whose results are told by ``at``, in the same order."""
    ids = [candidate.id for candidate in candidates]
    query = select(SearchResult).join(Search, SearchResult.search_id == Search.id).where(Search.told_at <= at)
    by_age = query.where(SearchResult.candidate_id.in_(ids)).order_by(Search.at, Search.id)
    latest = {result.candidate_id: result for result in session.scalars(by_age)}
    return [latest[each] for each in ids if each in latest]


def told(session: Session, keyring: KeyRing, case: Case, results: Sequence[SearchResult]) -> list[CandidateOut]:
    """The results whose candidates are live, in the order given."""
    ids = [result.candidate_id for result in results]
    live = {each.id: each for each in session.scalars(live_candidates(case).where(Candidate.id.in_(ids)))}
    reasons = _quality_reasons(session, list(live.values()))
    references = _references(session, keyring, case)
    notes = _notes(session, list(live))
    asked = _asked(session, {result.search_id for result in results})
    return [
        CandidateOut(
            id=result.candidate_id,
            rank=result.rank if result.search_id in asked else None,
            score=two_digits(result.score),
            raw_score=two_digits(result.raw_score),
            llr=None if result.llr is None else two_digits(result.llr),
            reference=references.get(result.reference_id),
            quality_reasons=reasons[result.candidate_id],
            flags=result.flags,
            state=_TOLD[live[result.candidate_id].state],
            **notes.get(result.candidate_id, {"state_note": None, "outcome_note": None}),
        )
        for result in results
        if result.candidate_id in live
    ]


def _asked(session: Session, search_ids: set[UUID]) -> set[UUID]:
    """The searches that made a list of the gallery; a standing search ranks only what is new to the case."""
    of_kind = Search.id.in_(search_ids), Search.kind == SearchKind.ASKED
    return set(session.scalars(select(Search.id).where(*of_kind)))


def age_shown(reference: Reference, born: date | None) -> float | None:
    """Years: as they were said, else from the dates of the picture and of birth, to a tenth."""
    if reference.age_years is not None or reference.taken_on is None or born is None:
        return reference.age_years
    return round((reference.taken_on - born).days / DAYS_PER_YEAR, 1)


def birth_date_of(keyring: KeyRing, case: Case) -> date | None:
    birth_date = details_of(keyring, case)["birth_date"]
    return date.fromisoformat(birth_date) if birth_date else None


def _quality_reasons(session: Session, candidates: list[Candidate]) -> dict[UUID, list[str]]:
    ids = [candidate.face_id for candidate in candidates]
    faces = {face.id: face for face in session.scalars(select(Face).where(Face.id.in_(ids)))}
    return {each.id: faces[each.face_id].quality.get("reasons", []) for each in candidates if each.face_id is not None}


def _references(session: Session, keyring: KeyRing, case: Case) -> dict[UUID | None, BestReference]:
    born = birth_date_of(keyring, case)
    return {
        each.id: BestReference(id=each.id, age_years=age_shown(each, born), taken_on=each.taken_on)
        for each in session.scalars(select(Reference).where(Reference.case_id == case.id))
    }


@dataclass(frozen=True)
class ReleaseTold:
    """To whom a candidate was released and when, and what the authority lets be told, which may be nothing."""

    authority: str
    on: date
    outcome: str | None


def releases_told(session: Session, candidate_ids: list[UUID]) -> dict[UUID, ReleaseTold]:
    """Of those that two supervisors have released."""
    query = (
        select(Release, Authority.name, Outcome.for_worker)
        .join(Authority, Release.authority_id == Authority.id)
        .outerjoin(Outcome, Outcome.candidate_id == Release.candidate_id)
        .where(Release.candidate_id.in_(candidate_ids))
    )
    return {
        release.candidate_id: ReleaseTold(authority, release.agreed_at.date(), for_worker or None)
        for release, authority, for_worker in session.execute(query)
        if release.agreed_at is not None
    }


def _notes(session: Session, candidate_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    return {
        candidate_id: {
            "state_note": f"released to {release.authority} on {release.on:%Y-%m-%d}",
            "outcome_note": release.outcome,
        }
        for candidate_id, release in releases_told(session, candidate_ids).items()
    }
