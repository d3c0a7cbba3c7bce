"""Candidates before a supervisor: seen, adjudicated, released by two, concluded."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.api.review import FaceNumber
from app.deps import HouseDep
from app.errors import NotFound, RequestInvalid, status_of
from app.house import House
from app.pages.attempts import attempt
from app.pages.decided import shown_to
from app.pages.deps import (
    Form,
    ListPage,
    PageLooking,
    PageReading,
    Pages,
    PagesDep,
    SupervisorPage,
    fields_of,
    read_form,
    see_other,
)
from app.paging import paged
from app.schemas.candidates import Adjudicated, AgreedRelease, AskedState, ProposedRelease, RecordedOutcome
from app.services.candidates import adjudicate, all_described, look_at, record_outcome, visible_candidates
from app.services.release import agree_to_release, propose_release, read_release
from app.services.waiting import names_of
from models.actor import Actor
from models.candidate import Candidate
from models.errors import HomewardError

router = APIRouter(prefix="/supervision/candidates")
Model = TypeVar("Model", bound=BaseModel)


@router.get("")
def list_candidates(
    _actor: SupervisorPage,
    house: HouseDep,
    session: PageReading,
    pages: PagesDep,
    page: ListPage,
    state: Annotated[AskedState, Query()] = AskedState.CONFLICT,
    rejected: bool = False,
) -> Response:
    """``rejected``: whoever decided that comes here, for such a candidate is shown no more."""
    ours = visible_candidates().where(Candidate.state == state.value)
    found, cursor = paged(session, ours, page, Candidate.found_at, Candidate.id)
    items = all_described(session, house.context, found)
    names = names_of(session, [each.release.proposed_by for each in items if each.release])
    shown = {"items": items, "names": names, "state": state, "states": AskedState, "cursor": cursor}
    return pages.show("supervision/candidates.html", **shown, rejected=rejected)


@router.get("/{candidate_id}")
def see_candidate(candidate_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep) -> Response:
    return _shown(pages, house, actor, candidate_id)


@router.get("/{candidate_id}/faces/{number}")
def see_face(candidate_id: UUID, number: FaceNumber, actor: SupervisorPage, house: HouseDep) -> Response:
    """A face crop; after a release also the whole photo. Each look is an act in the audit log."""
    return Response(look_at(house.context, actor, candidate_id, number), media_type="image/jpeg")


@router.get("/{candidate_id}/packet")
def see_packet(
    candidate_id: UUID, actor: SupervisorPage, house: HouseDep, session: PageLooking, pages: PagesDep
) -> Response:
    """What goes to the authority, for whoever agreed to it, until there is an outcome. Each reading is on record."""
    return pages.show("supervision/packet.html", packet=read_release(session, house.context, actor, candidate_id))


@router.post("/{candidate_id}/adjudicate")
def take_decision(candidate_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    same = fields_of(form).get("same")
    after = f"/supervision/candidates/{candidate_id}" if same == "true" else "/supervision/candidates?rejected=true"

    def work(session: Session, asked: Adjudicated) -> None:
        adjudicate(session, actor, candidate_id, asked.same, asked.reason)

    return _taken(pages, house, actor, candidate_id, form, Adjudicated, work, after)


@router.post("/{candidate_id}/release")
def take_proposal(candidate_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    def work(session: Session, asked: ProposedRelease) -> None:
        propose_release(session, actor, candidate_id, asked.authority_id, asked.reason)

    return _taken(pages, house, actor, candidate_id, form, ProposedRelease, work)


@router.post("/{candidate_id}/agree")
def take_agreement(candidate_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """Leads to what goes to the authority."""

    def work(session: Session, asked: AgreedRelease) -> None:
        agree_to_release(session, house.context, actor, candidate_id, asked.authority_id)

    after = f"/supervision/candidates/{candidate_id}/packet"
    return _taken(pages, house, actor, candidate_id, form, AgreedRelease, work, after)


@router.post("/{candidate_id}/outcome")
def take_outcome(candidate_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    def work(session: Session, asked: RecordedOutcome) -> None:
        record_outcome(session, actor, candidate_id, asked)

    return _taken(pages, house, actor, candidate_id, form, RecordedOutcome, work)


def _taken(
    pages: Pages,
    house: House,
    actor: Actor,
    candidate_id: UUID,
    form: FormData,
    model: type[Model],
    work: Callable[[Session, Model], None],
    after: str | None = None,
) -> Response:
    """``work`` done with what ``form`` says; or the page again, with what was entered and why it was refused."""
    fields = fields_of(form)
    asked = read_form(model, fields)
    if isinstance(asked, list):
        return _shown(pages, house, actor, candidate_id, RequestInvalid(), fields)
    told = attempt(house, lambda session: work(session, asked))
    if told is None:
        return see_other(after or f"/supervision/candidates/{candidate_id}")
    return _shown(pages, house, actor, candidate_id, told, fields)


def _shown(
    pages: Pages,
    house: House,
    actor: Actor,
    candidate_id: UUID,
    told: HomewardError | None = None,
    entered: dict[str, str] | None = None,
) -> Response:
    """``told``: why what was asked did not happen. One that is rejected or withdrawn by now is not shown to anyone."""
    try:
        shown: dict[str, Any] = shown_to(house.context, actor, candidate_id)
    except NotFound:
        return pages.show("supervision/gone.html", 404)
    status = status_of(type(told)) if told else 200
    return pages.show("supervision/candidate.html", status, **shown, told=told, entered=entered or {})
