"""Review: one pair of faces at a time, and a locked answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.deps import HouseDep, Reading, Reviewer, Writing
from app.errors import (
    AccountNotApproved,
    ChangedMeanwhile,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NothingToReview,
    NotSignedIn,
    ReviewLimitReached,
)
from app.evenly import Evenly
from app.idempotency import OnceDep
from app.problems import problems
from app.schemas.results import OwnResults
from app.schemas.review import AnswerIn, AssignmentOut
from app.services.own_results import own_results
from app.services.queue import next_assignment
from app.services.review import answer, described, look_at, read_assignment
from app.services.seeding import seeding_of
from indexer.errors import BlobMissing, SealBroken
from models.errors import AlreadyAnswered, WrongState

router = APIRouter(prefix="/v1/review/assignments", tags=["review"])
mine = APIRouter(prefix="/v1/review", tags=["review"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)
FaceNumber = Annotated[int, Path(ge=0, le=1000)]


@router.post(
    "",
    status_code=201,
    responses=problems(*REFUSALS, NothingToReview, ReviewLimitReached, ChangedMeanwhile, SealBroken),
)
def take_next(_even: Evenly, actor: Reviewer, house: HouseDep, session: Writing) -> AssignmentOut:
    """The assignment you hold, or the next one. It may be asked for again without harm."""
    given = next_assignment(session, house.context.keyring, actor, seeding_of(house))
    return described(session, house.context, given)


@router.get("/{assignment_id}", responses=problems(*REFUSALS, NotFound, SealBroken))
def see_assignment(assignment_id: UUID, actor: Reviewer, house: HouseDep, session: Reading) -> AssignmentOut:
    return read_assignment(session, house.context, actor, assignment_id)


@router.get(
    "/{assignment_id}/faces/{number}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}},
        **problems(*REFUSALS, NotFound, AlreadyAnswered, WrongState, ChangedMeanwhile, BlobMissing, SealBroken),
    },
)
def see_face(_even: Evenly, assignment_id: UUID, number: FaceNumber, actor: Reviewer, house: HouseDep) -> Response:
    """A face crop with every other face blanked. Each look is an act in the audit log."""
    crop = look_at(house.context, actor, assignment_id, number)
    return Response(crop, media_type="image/jpeg", headers={"Content-Disposition": 'inline; filename="face.jpg"'})


@router.post(
    "/{assignment_id}/answer",
    response_model=AssignmentOut,
    responses=problems(*REFUSALS, NotFound, AlreadyAnswered, WrongState, ChangedMeanwhile, IdempotencyKeyReused),
)
def give_answer(
    assignment_id: UUID, asked: AnswerIn, actor: Reviewer, house: HouseDep, session: Writing, once: OnceDep
) -> Response:
    """Locked: there is no second answer."""
    context = house.context

    def lock() -> AssignmentOut:
        return described(session, context, answer(session, context, actor, assignment_id, asked))

    return once.answer(session, actor, asked, lock)


@mine.get("/mine", responses=problems(*REFUSALS))
def read_own_results(actor: Reviewer, session: Reading) -> OwnResults:
    """How often you err on pairs whose truth is known, and agree with others. Nobody else is told."""
    return own_results(session, actor)
