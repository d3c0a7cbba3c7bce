"""Searches of a case, and its candidates: for the case's own worker, and only once the case is approved."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import CaseWorker, HouseDep, Reading, Writing
from app.errors import (
    AccountNotApproved,
    CaseNotApproved,
    CursorInvalid,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
    SearchQuotaReached,
)
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.searches import CandidateOut, NewSearch, SearchOut, SearchSummary
from app.services.searches import (
    candidates_told,
    read_search,
    run_search,
    searchable_case,
    searches_of,
    summaries,
)
from app.services.worker_view import told_candidates
from indexer.errors import CaseNotSearchable, ForeignPack, GalleryNotReady
from models.candidate import Candidate, Search
from models.types import now

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["searches"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved, NotFound, CaseNotApproved, CaseNotSearchable)


@router.post(
    "/searches",
    status_code=201,
    response_model=SearchOut,
    responses=problems(*REFUSALS, SearchQuotaReached, GalleryNotReady, ForeignPack, IdempotencyKeyReused),
)
def search_case(case_id: UUID, asked: NewSearch, actor: CaseWorker, house: HouseDep, once: OnceDep) -> Response:
    """All approved references of the case against every enrolled face; at most 20 candidates, for people to look at."""
    return run_search(house, actor, once, case_id, asked)


@router.get("/searches", responses=problems(*REFUSALS, CursorInvalid))
def list_searches(case_id: UUID, actor: CaseWorker, session: Reading, page: PageDep) -> Listed[SearchSummary]:
    case = searchable_case(session, actor, case_id)
    found, cursor = paged(session, searches_of(case), page, Search.at, Search.id, newest_first=True)
    return Listed(items=summaries(session, found), next_cursor=cursor)


@router.get("/searches/{search_id}", responses=problems(*REFUSALS))
def see_search(case_id: UUID, search_id: UUID, actor: CaseWorker, house: HouseDep, session: Writing) -> SearchOut:
    """As it was found, with how far people are now."""
    return read_search(session, house.context.keyring, actor, case_id, search_id)


@router.get("/candidates", responses=problems(*REFUSALS, CursorInvalid))
def list_candidates(
    case_id: UUID, actor: CaseWorker, house: HouseDep, session: Writing, page: PageDep
) -> Listed[CandidateOut]:
    """Each as the latest search found it; what standing search found, from its daily batch on."""
    case = searchable_case(session, actor, case_id)
    found, cursor = paged(session, told_candidates(case, now()), page, Candidate.found_at, Candidate.id)
    return Listed(items=candidates_told(session, house.context.keyring, actor, case, found), next_cursor=cursor)
