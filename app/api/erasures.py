"""Erasures: what is to be forgotten, by two people."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from sqlalchemy import select

from app.api.review import FaceNumber
from app.deps import Admin, AdminOrSupervisor, HouseDep, Reading, Supervisor, Writing
from app.errors import (
    AccountNotApproved,
    ChangedMeanwhile,
    CursorInvalid,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
)
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.erasures import ApprovedErasure, ErasureOut, NewErasure
from app.services.erasures import all_described, approve_erasure, described, propose_erasure
from app.services.person_erasures import approve_for_people, look_at_erasure
from indexer.errors import (
    BlobMissing,
    DecoderUnavailable,
    FaceNumberUnknown,
    OnHold,
    SealBroken,
    StorageFull,
    StorageUnavailable,
    StoredTooLate,
)
from models.erasure import Erasure
from models.errors import SamePerson, WrongState

router = APIRouter(prefix="/v1/erasures", tags=["erasures"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)
CANNOT_MAKE_ANEW = (BlobMissing, SealBroken, DecoderUnavailable, StorageFull, StorageUnavailable, StoredTooLate)


@router.post(
    "",
    status_code=201,
    response_model=ErasureOut,
    responses=problems(*REFUSALS, NotFound, IdempotencyKeyReused),
)
def suggest_erasure(asked: NewErasure, actor: Admin, session: Writing, once: OnceDep) -> Response:
    def make() -> ErasureOut:
        return described(session, propose_erasure(session, actor, asked.photo_id, asked.reason))

    return once.answer(session, actor, asked, make)


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_erasures(_actor: AdminOrSupervisor, session: Reading, page: PageDep) -> Listed[ErasureOut]:
    found, cursor = paged(session, select(Erasure), page, Erasure.proposed_at, Erasure.id, newest_first=True)
    return Listed(items=all_described(session, found), next_cursor=cursor)


@router.get(
    "/{erasure_id}/faces/{number}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}},
        **problems(*REFUSALS, NotFound, ChangedMeanwhile, BlobMissing, SealBroken),
    },
)
def see_whom(erasure_id: UUID, number: FaceNumber, actor: Supervisor, house: HouseDep) -> Response:
    """A face of the photo that an admin proposes to erase, to say who in it has to go. Each look is on record."""
    picture = look_at_erasure(house.context, actor, erasure_id, number)
    return Response(picture, media_type="image/jpeg", headers={"Content-Disposition": 'inline; filename="face.jpg"'})


@router.post(
    "/{erasure_id}/approve",
    responses=problems(
        *(*REFUSALS, NotFound, WrongState, SamePerson, OnHold, ChangedMeanwhile, FaceNumberUnknown),
        *CANNOT_MAKE_ANEW,
    ),
)
def erase(
    erasure_id: UUID, actor: Supervisor, house: HouseDep, chosen: Annotated[ApprovedErasure | None, Body()] = None
) -> ErasureOut:
    """The photo is gone, and kept away unless its volunteer withdrew it; the answer counts what went. With `faces`
    these people are gone from it, and the others stay; the photo as it was is kept away."""
    if chosen is not None and chosen.faces:
        return approve_for_people(house.context, actor, erasure_id, chosen.faces)
    with house.context.database.writing() as session:
        return approve_erasure(session, actor, erasure_id)
