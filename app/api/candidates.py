"""Candidates for supervisors: those in conflict, confirmed, released or concluded."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.review import FaceNumber
from app.deps import HouseDep, Reading, Supervisor, Writing
from app.errors import (
    AccountNotApproved,
    ChangedMeanwhile,
    CursorInvalid,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
    PhotoWithdrawn,
    ReleaseChanged,
)
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.candidates import (
    Adjudicated,
    AgreedRelease,
    AskedState,
    CandidateDetail,
    ProposedRelease,
    RecordedOutcome,
    ReleasePacket,
)
from app.services.candidates import (
    adjudicate,
    all_described,
    described,
    locked_candidate,
    look_at,
    record_outcome,
    visible_candidates,
)
from app.services.release import agree_to_release, propose_release
from indexer.errors import BlobMissing, SealBroken
from models.candidate import Candidate
from models.errors import SamePerson, WrongState

router = APIRouter(prefix="/v1/candidates", tags=["candidates"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)
CHANGE = (*REFUSALS, NotFound, WrongState, ChangedMeanwhile, SealBroken)


@router.get("", responses=problems(*REFUSALS, CursorInvalid, SealBroken))
def list_candidates(
    state: Annotated[AskedState, Query()], _actor: Supervisor, house: HouseDep, session: Reading, page: PageDep
) -> Listed[CandidateDetail]:
    ours = visible_candidates().where(Candidate.state == state.value)
    found, cursor = paged(session, ours, page, Candidate.found_at, Candidate.id)
    return Listed(items=all_described(session, house.context, found), next_cursor=cursor)


@router.get(
    "/{candidate_id}/faces/{number}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}},
        **problems(*REFUSALS, NotFound, ChangedMeanwhile, BlobMissing, SealBroken),
    },
)
def see_face(candidate_id: UUID, number: FaceNumber, actor: Supervisor, house: HouseDep) -> Response:
    """A face crop; after a release, the whole photo as the `photo_number` told with it. Each look is on record."""
    picture = look_at(house.context, actor, candidate_id, number)
    return Response(picture, media_type="image/jpeg", headers={"Content-Disposition": 'inline; filename="face.jpg"'})


@router.post("/{candidate_id}/adjudicate", responses=problems(*CHANGE, SamePerson))
def decide_conflict(
    candidate_id: UUID, asked: Adjudicated, actor: Supervisor, house: HouseDep, session: Writing
) -> CandidateDetail:
    candidate = adjudicate(session, actor, candidate_id, asked.same, asked.reason)
    return described(session, house.context, candidate)


@router.post(
    "/{candidate_id}/release",
    status_code=201,
    response_model=CandidateDetail,
    responses=problems(*CHANGE, PhotoWithdrawn, IdempotencyKeyReused),
)
def suggest_release(
    candidate_id: UUID, asked: ProposedRelease, actor: Supervisor, house: HouseDep, session: Writing, once: OnceDep
) -> Response:
    """Proposed, and nothing told to anyone until a second supervisor agrees."""

    def make() -> CandidateDetail:
        candidate = propose_release(session, actor, candidate_id, asked.authority_id, asked.reason)
        return described(session, house.context, candidate)

    def again(proposed_id: UUID) -> CandidateDetail:
        return described(session, house.context, locked_candidate(session, proposed_id))

    return once.answer(session, actor, asked, make, again)


@router.post(
    "/{candidate_id}/agree", responses=problems(*CHANGE, SamePerson, ReleaseChanged, PhotoWithdrawn, BlobMissing)
)
def agree(
    candidate_id: UUID, asked: AgreedRelease, actor: Supervisor, house: HouseDep, session: Writing
) -> ReleasePacket:
    """Answers what goes to the authority. Sent again by the one who agreed, it answers the same: none of it is stored
    a second time, where an erasure would not find it."""
    return agree_to_release(session, house.context, actor, candidate_id, asked.authority_id)


@router.post("/{candidate_id}/outcome", responses=problems(*CHANGE))
def conclude(
    candidate_id: UUID, asked: RecordedOutcome, actor: Supervisor, house: HouseDep, session: Writing
) -> CandidateDetail:
    """What an authority established."""
    return described(session, house.context, record_outcome(session, actor, candidate_id, asked))
