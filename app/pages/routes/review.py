"""The review workbench: two faces and a locked answer. No score, rank, place, time, name, nor another's answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.deps import HouseDep
from app.errors import NothingToReview, ReviewLimitReached
from app.evenly import Evenly
from app.house import House
from app.pages.attempts import attempt
from app.pages.deps import Form, PageReading, Pages, PagesDep, ReviewerPage, read_form, see_other
from app.schemas.review import AnswerIn, AssignmentOut, FeatureGroup, ShownFace
from app.services.own_results import own_results
from app.services.pairs import Side
from app.services.queue import held_assignment, next_assignment, require_pair
from app.services.review import answer, look_at, own_answer, read_assignment
from app.services.seeding import seeding_of
from models.actor import Actor
from models.errors import HomewardError
from models.review import AssignmentState
from models.types import now

router = APIRouter()
FaceNumber = Annotated[int, Path(ge=0, le=1000)]
NO_PAIR = (NothingToReview, ReviewLimitReached)
_NUMBER = re.compile(r"-?[0-9]{1,4}")


@router.get("/review")
def review_page(actor: ReviewerPage, pages: PagesDep, session: PageReading) -> Response:
    """What the reviewer holds, or the way to begin, or why there is nothing to begin with."""
    at = now()
    held = held_assignment(session, actor, at)
    if held is not None:
        return see_other(f"/review/{held.id}")
    try:
        require_pair(session, actor, at)
    except NO_PAIR as error:
        return pages.show("review/begin.html", told=error)
    return pages.show("review/begin.html", told=None)


@router.get("/review/mine")
def own_results_page(actor: ReviewerPage, pages: PagesDep, session: PageReading) -> Response:
    return pages.show("review/mine.html", results=own_results(session, actor))


@router.post("/review/next")
def take_next(_even: Evenly, actor: ReviewerPage, house: HouseDep, _form: Form) -> Response:
    return _next(actor, house)


@router.get("/review/{assignment_id}")
def workbench(
    assignment_id: UUID,
    actor: ReviewerPage,
    house: HouseDep,
    pages: PagesDep,
    session: PageReading,
) -> Response:
    return _shown(pages, _bench(session, house, actor, assignment_id))


@router.post("/review/{assignment_id}")
def look_at_others(assignment_id: UUID, actor: ReviewerPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """Another picture of either side, where there are no scripts; what was entered stays, and nothing is locked."""
    with house.context.database.reading() as session:
        return _shown(pages, _bench(session, house, actor, assignment_id), form)


@router.get("/review/{assignment_id}/faces/{number}")
def face(
    _even: Evenly,
    assignment_id: UUID,
    number: FaceNumber,
    actor: ReviewerPage,
    house: HouseDep,
    as_it_is: bool = False,
) -> Response:
    """Upright and of one size, or as the crop is. Each look is an act in the audit log."""
    crop = look_at(house.context, actor, assignment_id, number, aligned=not as_it_is)
    return Response(crop, media_type="image/jpeg", headers={"Content-Disposition": 'inline; filename="face.jpg"'})


@router.post("/review/{assignment_id}/answer")
def give_answer(
    _even: Evenly, assignment_id: UUID, actor: ReviewerPage, house: HouseDep, pages: PagesDep, form: Form
) -> Response:
    """Locked, and then the next pair; where something can be told of this one, that first."""
    asked = read_form(AnswerIn, _as_asked(form))
    if isinstance(asked, AnswerIn):
        told = attempt(house, lambda session: answer(session, house.context, actor, assignment_id, asked))
        faults = []
    else:
        told, faults = None, asked
    with house.context.database.reading() as session:
        bench = _bench(session, house, actor, assignment_id)
    if told is not None or faults:
        return _shown(pages, bench, form, told, faults)
    return see_other(f"/review/{assignment_id}") if bench.assignment.truth else _next(actor, house)


def _as_asked(form: FormData) -> dict[str, object]:
    """The form's fields as the API takes them."""
    said = form.get("answer")
    features = {group.value: form.get(f"feature_{group.value}") for group in FeatureGroup}
    return {
        "answer": _number(said),
        "cannot_say": said == "cannot_say",
        "know_child": said == "know_child",
        "features": {name: _number(value) for name, value in features.items() if value not in (None, "")},
        "comment": _comment(form),
        "other_child": [_number(value) for value in form.getlist("other_child")],
    }


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _comment(form: FormData) -> str:
    """Browsers count an end of line as one letter, as we do, but send two."""
    said = form.get("comment")
    return said.replace("\r\n", "\n") if isinstance(said, str) else ""


def _next(actor: Actor, house: House) -> Response:
    """To the next pair, or to the page that says why there is none."""
    try:
        with house.context.database.writing() as session:
            given = next_assignment(session, house.context.keyring, actor, seeding_of(house))
    except NO_PAIR:
        return see_other("/review")
    return see_other(f"/review/{given.id}")


@dataclass(frozen=True)
class Bench:
    """What is compared: the faces of each side, and what the reviewer has said if they have."""

    assignment: AssignmentOut
    references: list[ShownFace]
    streets: list[ShownFace]
    said: int | None


def _bench(session: Session, house: House, actor: Actor, assignment_id: UUID) -> Bench:
    """References from the youngest look on; those between which and the street the time is not known come last."""
    assignment = read_assignment(session, house.context, actor, assignment_id)
    references = [each for each in assignment.faces if each.side is Side.REFERENCE]
    references.sort(key=lambda each: (each.street_about_years_after is None, -(each.street_about_years_after or 0)))
    streets = [each for each in assignment.faces if each.side is Side.STREET]
    return Bench(assignment, references, streets, own_answer(session, actor, assignment_id))


def _shown(
    pages: Pages,
    bench: Bench,
    form: FormData | None = None,
    told: HomewardError | None = None,
    faults: Sequence[str] = (),
) -> Response:
    """``form``: what was entered so far."""
    entered = form or FormData()
    rated = {group.value: entered.get(f"feature_{group.value}") for group in FeatureGroup}
    shown = {"told": told, "entered": entered, "rated": rated, "others": entered.getlist("other_child")}
    if bench.assignment.state is not AssignmentState.OPEN:
        return pages.show("review/closed.html", 409 if told else 200, bench=bench, **shown)
    return pages.show(
        "review/workbench.html",
        422 if faults or told else 200,
        bench=bench,
        assignment=bench.assignment,
        references=bench.references,
        streets=bench.streets,
        reference=_chosen(bench.references, _shown_number(entered, Side.REFERENCE)),
        street=_chosen(bench.streets, _shown_number(entered, Side.STREET)),
        faults=faults,
        **shown,
    )


def _shown_number(entered: FormData, side: Side) -> int | None:
    """The picture whose button was pressed, else the one that was shown."""
    asked = (_number(entered.get(f"to_{side}")), _number(entered.get(side)))
    return next((number for number in asked if number is not None), None)


def _chosen(faces: list[ShownFace], number: int | None) -> ShownFace | None:
    """The face of this number; unless asked for, the look from which the fewest years lie between."""
    known = [each for each in faces if each.street_about_years_after is not None]
    nearest = known[-1:] or faces[:1]
    return next((each for each in faces if each.number == number), nearest[0] if nearest else None)
