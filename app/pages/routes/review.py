"""The review workbench: two faces and a locked answer. No score, rank, place, time, name, nor another's answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from starlette.datastructures import FormData

from app.deps import HouseDep
from app.errors import NothingToReview, ReviewLimitReached
from app.pages.attempts import attempt
from app.pages.deps import Form, PageReading, Pages, PagesDep, ReviewerPage, read_form, see_other
from app.schemas.review import AnswerIn, AssignmentOut, FeatureGroup, ShownFace
from app.services.own_results import own_results
from app.services.pairs import Side
from app.services.queue import held_assignment, next_assignment
from app.services.review import answer, look_at, read_assignment
from app.services.seeding import seeding_of
from models.actor import Actor
from models.errors import HomewardError
from models.review import AssignmentState
from models.types import now

router = APIRouter()
FaceNumber = Annotated[int, Path(ge=0, le=1000)]
Chosen = Annotated[int | None, Query(ge=0, le=1000)]


@router.get("/review")
def review_page(actor: ReviewerPage, pages: PagesDep, session: PageReading) -> Response:
    """What the reviewer holds, or the way to begin."""
    held = held_assignment(session, actor, now())
    return see_other(f"/review/{held.id}") if held else pages.show("review/begin.html", told=None)


@router.get("/review/mine")
def own_results_page(actor: ReviewerPage, pages: PagesDep, session: PageReading) -> Response:
    return pages.show("review/mine.html", results=own_results(session, actor))


@router.post("/review/next")
def take_next(actor: ReviewerPage, pages: PagesDep, _form: Form) -> Response:
    return _next(actor, pages)


@router.get("/review/{assignment_id}")
def workbench(
    assignment_id: UUID,
    actor: ReviewerPage,
    house: HouseDep,
    pages: PagesDep,
    session: PageReading,
    reference: Chosen = None,
    street: Chosen = None,
) -> Response:
    """``reference`` and ``street`` choose what is compared where there are no scripts to do so."""
    assignment = read_assignment(session, house.context, actor, assignment_id)
    return _workbench(pages, assignment, reference, street)


@router.get("/review/{assignment_id}/faces/{number}")
def face(
    assignment_id: UUID, number: FaceNumber, actor: ReviewerPage, house: HouseDep, as_it_is: bool = False
) -> Response:
    """Upright and of one size, or as the crop is. Each look is an act in the audit log."""
    crop = look_at(house.context, actor, assignment_id, number, aligned=not as_it_is)
    return Response(crop, media_type="image/jpeg", headers={"Content-Disposition": 'inline; filename="face.jpg"'})


@router.post("/review/{assignment_id}/answer")
def give_answer(assignment_id: UUID, actor: ReviewerPage, house: HouseDep, pages: PagesDep, form: Form) -> Response:
    """Locked, and then the next pair; where something can be told of this one, that first."""
    asked = read_form(AnswerIn, _as_asked(form))
    told = (
        attempt(house, lambda session: answer(session, actor, assignment_id, asked))
        if isinstance(asked, AnswerIn)
        else None
    )
    with house.context.database.reading() as session:
        assignment = read_assignment(session, house.context, actor, assignment_id)
    if told is not None or not isinstance(asked, AnswerIn):
        return _workbench(pages, assignment, None, None, told=told, faulty=not isinstance(asked, AnswerIn))
    return see_other(f"/review/{assignment_id}") if assignment.truth else _next(actor, pages)


def _as_asked(form: FormData) -> dict[str, object]:
    """The form's fields as the API takes them."""
    said = form.get("answer")
    features = {group.value: form.get(f"feature_{group.value}") for group in FeatureGroup}
    return {
        "answer": _number(said),
        "cannot_say": said == "cannot_say",
        "know_child": said == "know_child",
        "features": {name: _number(value) for name, value in features.items() if value not in (None, "")},
        "comment": form.get("comment") or "",
        "other_child": [_number(value) for value in form.getlist("other_child")],
    }


def _number(value: object) -> int | None:
    text = value if isinstance(value, str) else ""
    return int(text) if text.lstrip("-").isdecimal() and len(text) <= 4 else None


def _next(actor: Actor, pages: Pages) -> Response:
    try:
        with pages.house.context.database.writing() as session:
            assignment = next_assignment(session, pages.house.context.keyring, actor, seeding_of(pages.house))
    except (NothingToReview, ReviewLimitReached) as error:
        return pages.show("review/begin.html", told=error)
    return see_other(f"/review/{assignment.id}")


def _workbench(
    pages: Pages,
    assignment: AssignmentOut,
    reference: int | None,
    street: int | None,
    told: HomewardError | None = None,
    faulty: bool = False,
) -> Response:
    if assignment.state is not AssignmentState.OPEN:
        state = str(assignment.state)
        return pages.show("review/closed.html", state=state, truth=assignment.truth, told=told)
    references = [each for each in assignment.faces if each.side is Side.REFERENCE]
    # The youngest look first; those whose time is not known last.
    references.sort(key=lambda each: -(each.street_about_years_after or -1))
    streets = [each for each in assignment.faces if each.side is Side.STREET]
    return pages.show(
        "review/workbench.html",
        422 if faulty or told else 200,
        assignment=assignment,
        references=references,
        streets=streets,
        reference=_chosen(references, reference),
        street=_chosen(streets, street),
        groups=[group.value for group in FeatureGroup],
        told=told,
        faulty=faulty,
    )


def _chosen(faces: list[ShownFace], number: int | None) -> ShownFace | None:
    return next((each for each in faces if each.number == number), faces[0] if faces else None)
