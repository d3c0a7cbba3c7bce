"""Searches: made by the case's worker once a supervisor has approved the case, and never before."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import CaseNotApproved
from app.house import House
from app.idempotency import Once
from app.queries import one_visible, visible_case
from app.schemas.searches import CandidateOut, CohortOut, NewSearch, PackOut, SearchOut, SearchSummary
from app.services.cases import locked_case
from app.services.search_quota import require_search_quota, spend_search
from app.services.worker_view import latest_results, told
from indexer.keyring import KeyRing
from indexer.probes import require_searchable
from indexer.scoring import two_digits, two_significant
from indexer.search import look_up, record_search
from models.actor import Actor, act
from models.candidate import Candidate, Search, SearchKind, SearchResult
from models.case import Case, CaseState
from models.pack import PackRecord
from models.types import now


def run_search(house: House, actor: Actor, once: Once, case_id: UUID, asked: NewSearch) -> Response:
    """Compared and ranked before the one transaction that records it, which holds up nobody.

    `NotFound`, `CaseNotApproved`, `CaseNotSearchable`, `SearchQuotaReached`, `GalleryNotReady`, `ForeignPack`.
    """
    context = house.context
    with context.database.reading() as session:
        case = searchable_case(session, actor, case_id)
        if not once.was_answered(session, actor):
            require_search_quota(session, house.settings, actor, case_id)
        gallery, ranker = house.follower.gallery, house.follower.ranker
        findings = look_up(session, context.keyring, gallery, case, ranker, context.pack.info.quality)
    with context.database.writing() as session:

        def make() -> SearchOut:
            spend_search(session, house.settings, actor, case_id)
            locked = locked_case(session, actor, case_id)
            _require_approved(locked)
            search = record_search(session, locked, findings, actor.id, asked.reason)
            act(session, actor, "search.run", "case", case_id, asked.reason)
            return _whole(session, context.keyring, locked, search)

        def again(search_id: UUID) -> SearchOut:
            return read_search(session, context.keyring, actor, case_id, search_id)

        return once.answer(session, actor, asked, make, again)


def searchable_case(session: Session, actor: Actor, case_id: UUID) -> Case:
    """The actor's own, approved and open. `NotFound`, `CaseNotApproved`, `CaseNotSearchable`."""
    case = visible_case(session, actor, case_id)
    _require_approved(case)
    return case


def searches_of(case: Case) -> Select[Search]:
    """Those that were asked for: when a standing search found something is not for its worker to know."""
    return select(Search).where(Search.case_id == case.id, Search.kind == SearchKind.ASKED)


def summaries(session: Session, searches: Sequence[Search]) -> list[SearchSummary]:
    ids = {search.pack_id for search in searches}
    names = {pack.id: pack.name for pack in session.scalars(select(PackRecord).where(PackRecord.id.in_(ids)))}
    return [_summary(search, names[search.pack_id]) for search in searches]


def read_search(session: Session, keyring: KeyRing, actor: Actor, case_id: UUID, search_id: UUID) -> SearchOut:
    """As it was found, with how far people are now; what was erased since is left out. `NotFound`."""
    case = searchable_case(session, actor, case_id)
    search = one_visible(session, searches_of(case), Search.id, search_id, "search")
    act(session, actor, "search.read", "search", search.id)
    return _whole(session, keyring, case, search)


def candidates_told(
    session: Session, keyring: KeyRing, actor: Actor, case: Case, candidates: Sequence[Candidate]
) -> list[CandidateOut]:
    act(session, actor, "candidate.list", "case", case.id)
    return told(session, keyring, case, latest_results(session, candidates, now()))


def _require_approved(case: Case) -> None:
    if case.state is CaseState.AWAITING_APPROVAL:
        raise CaseNotApproved
    require_searchable(case)


def _whole(session: Session, keyring: KeyRing, case: Case, search: Search) -> SearchOut:
    ranked = select(SearchResult).where(SearchResult.search_id == search.id).order_by(SearchResult.rank)
    candidates = told(session, keyring, case, list(session.scalars(ranked)))
    return SearchOut(**summaries(session, [search])[0].model_dump(), candidates=candidates)


def _summary(search: Search, pack_name: str) -> SearchSummary:
    expected = search.expected_false_candidates
    return SearchSummary(
        id=search.id,
        case_id=search.case_id,
        at=search.at,
        reason=search.reason,
        pack=PackOut(id=search.pack_id, name=pack_name),
        gallery_size=two_significant(search.gallery_size),
        threshold=search.threshold,
        expected_false_candidates=None if expected is None else two_digits(expected),
        expected_false_reason=search.expected_false_reason,
        cohort=_cohort(search),
        raw_because=search.raw_because,
    )


def _cohort(search: Search) -> CohortOut | None:
    if search.cohort_source is None or search.cohort_size is None:
        return None
    return CohortOut(source=search.cohort_source, size=two_significant(search.cohort_size))
