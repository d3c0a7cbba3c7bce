"""A case's references: pictures that parents gave."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Response
from sqlalchemy import select

from app.api.photos import CANNOT_KEEP, NO_PHOTO
from app.api.uploads import MULTIPART, SignedInFirst
from app.deps import CaseWorker, CaseWorkerOrSupervisor, HouseDep, Reading, Supervisor, Writing
from app.errors import (
    AccountNotApproved,
    ChangedMeanwhile,
    CursorInvalid,
    DatesImpossible,
    NotAllowed,
    NotFound,
    NotSignedIn,
)
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.queries import visible_case
from app.schemas.references import NewReference, ReferenceApproval, ReferenceChange, ReferenceOut
from app.services.reference_view import references_of
from app.services.references import (
    add_reference,
    approve_reference,
    change_reference,
    drop_reference,
    look_at_reference,
    read_one,
)
from indexer.errors import BlobMissing, FaceNumberUnknown, NoFaceFound, PackMissing, ReferenceKnown, SealBroken
from models.errors import SamePerson, WrongState
from models.reference import Reference

router = APIRouter(prefix="/v1/cases/{case_id}/references", tags=["cases"], route_class=SignedInFirst)
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved, NotFound)
ADDING = (*REFUSALS, *NO_PHOTO, *CANNOT_KEEP, PackMissing, ReferenceKnown, DatesImpossible, WrongState)
CHANGING = (*REFUSALS, NoFaceFound, FaceNumberUnknown, DatesImpossible, WrongState, ChangedMeanwhile)


@router.post("", status_code=201, response_model=ReferenceOut, responses=problems(*ADDING))
def give_reference(
    case_id: UUID,
    asked: Annotated[NewReference, Form(media_type=MULTIPART)],
    actor: CaseWorker,
    house: HouseDep,
    once: OnceDep,
) -> Response:
    """Answers with the faces found: of several, say which one is the child's."""
    return add_reference(house, actor, once, case_id, asked.file.file.read(), asked.taken_on, asked.age_years)


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_references(
    case_id: UUID, actor: CaseWorkerOrSupervisor, session: Reading, page: PageDep
) -> Listed[ReferenceOut]:
    ours = select(Reference).where(Reference.case_id == visible_case(session, actor, case_id).id)
    found, cursor = paged(session, ours, page, Reference.added_at, Reference.id)
    return Listed(items=references_of(session, found), next_cursor=cursor)


@router.get("/{reference_id}", responses=problems(*REFUSALS))
def see_reference(case_id: UUID, reference_id: UUID, actor: CaseWorkerOrSupervisor, session: Reading) -> ReferenceOut:
    return read_one(session, actor, case_id, reference_id)


@router.patch("/{reference_id}", responses=problems(*CHANGING))
def amend_reference(
    case_id: UUID, reference_id: UUID, asked: ReferenceChange, actor: CaseWorker, house: HouseDep, session: Writing
) -> ReferenceOut:
    """Say which face is the child's, when it was taken, or how old the child is in it."""
    return change_reference(session, house.context.keyring, actor, case_id, reference_id, asked)


@router.delete("/{reference_id}", status_code=204, responses=problems(*REFUSALS))
def take_reference_away(case_id: UUID, reference_id: UUID, actor: CaseWorker, session: Writing) -> None:
    drop_reference(session, actor, case_id, reference_id)


@router.get(
    "/{reference_id}/image",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, **problems(*REFUSALS, ChangedMeanwhile, BlobMissing, SealBroken)},
)
def see_picture(case_id: UUID, reference_id: UUID, actor: CaseWorkerOrSupervisor, house: HouseDep) -> Response:
    """Each look is an act in the audit log."""
    picture = look_at_reference(house.context, actor, case_id, reference_id)
    name = f'inline; filename="reference-{reference_id}.jpg"'
    return Response(picture, media_type="image/jpeg", headers={"Content-Disposition": name})


@router.post("/{reference_id}/approve", responses=problems(*REFUSALS, WrongState, SamePerson, ChangedMeanwhile))
def let_reference_be_searched(
    case_id: UUID, reference_id: UUID, asked: ReferenceApproval, actor: Supervisor, session: Writing
) -> ReferenceOut:
    return approve_reference(session, actor, case_id, reference_id, asked.face)
