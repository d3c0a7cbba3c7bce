"""What is to be forgotten: photos that volunteers took back while people worked on them, and what admins propose."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.review import FaceNumber
from app.deps import HouseDep
from app.errors import NobodyChosen, status_of
from app.house import House
from app.pages.attempts import attempt
from app.pages.deps import Form, ListPage, PageReading, Pages, PagesDep, SupervisorPage, read_form, see_other
from app.paging import Page, paged
from app.schemas.erasures import ApprovedErasure
from app.services.erasures import all_described, approve_erasure, candidates_of
from app.services.person_erasures import approve_for_people, look_at_erasure
from app.services.waiting import names_of
from indexer.errors import FaceNumberUnknown
from models.erasure import Erasure, ErasureState
from models.errors import HomewardError, SamePerson, WrongState

router = APIRouter(prefix="/supervision/withdrawals")


@router.get("")
def list_withdrawals(_actor: SupervisorPage, session: PageReading, pages: PagesDep, page: ListPage) -> Response:
    return _shown(pages, session, page)


@router.get("/{erasure_id}/faces/{number}")
def see_face(erasure_id: UUID, number: FaceNumber, actor: SupervisorPage, house: HouseDep) -> Response:
    """One of the people in a photo that an admin proposes to erase. Each look is an act in the audit log."""
    return Response(look_at_erasure(house.context, actor, erasure_id, number), media_type="image/jpeg")


@router.post("/{erasure_id}/approve")
def approve(
    erasure_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, page: ListPage, _form: Form
) -> Response:
    def work(session: Session) -> None:
        approve_erasure(session, actor, erasure_id)

    return _after(attempt(house, work), house, pages, page)


@router.post("/{erasure_id}/people")
def approve_people(
    erasure_id: UUID, actor: SupervisorPage, house: HouseDep, pages: PagesDep, page: ListPage, form: Form
) -> Response:
    """Only those who were ticked go; the photo stays for the others in it."""
    ticked = read_form(ApprovedErasure, {"faces": form.getlist("faces")})
    if isinstance(ticked, list) or not ticked.faces:
        return _after(NobodyChosen(), house, pages, page)
    try:
        approve_for_people(house.context, actor, erasure_id, ticked.faces)
    except (WrongState, SamePerson, FaceNumberUnknown) as error:
        return _after(error, house, pages, page)
    return _after(None, house, pages, page)


def _after(told: HomewardError | None, house: House, pages: Pages, page: Page) -> Response:
    if told is None:
        return see_other("/supervision/withdrawals")
    with house.context.database.reading() as session:
        return _shown(pages, session, page, told)


def _shown(pages: Pages, session: Session, page: Page, told: HomewardError | None = None) -> Response:
    """Those that wait, all of them; and what was decided, the latest first."""
    proposed = Erasure.state == ErasureState.PROPOSED
    waiting = session.scalars(select(Erasure).where(proposed).order_by(Erasure.proposed_at)).all()
    decided, cursor = paged(
        session, select(Erasure).where(~proposed), page, Erasure.proposed_at, Erasure.id, newest_first=True
    )
    items, done = all_described(session, waiting), all_described(session, decided)
    people = [each for item in (*items, *done) for each in (item.proposed_by, item.approved_by)]
    return pages.show(
        "supervision/withdrawals.html",
        status_of(type(told)) if told else 200,
        waiting=items,
        candidates=candidates_of(session, [item.photo_id for item in items]),
        decided=done,
        cursor=cursor,
        names=names_of(session, people),
        told=told,
    )
