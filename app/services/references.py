"""References: added by the case's worker, glanced at by a supervisor, looked at by both."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import BodyTooLarge, ChangedMeanwhile, DatesImpossible, NotFound, ServiceBusy
from app.house import House
from app.idempotency import Once
from app.queries import one_visible, visible_case
from app.schemas.references import ReferenceChange, ReferenceOut
from app.services.cases import details_of, locked_case
from app.services.crops import Shown, seen, shown_crop
from app.services.reference_view import references_of
from indexer.context import Context
from indexer.holds import require_case_free
from indexer.keyring import KeyRing
from indexer.references import (
    ReadReference,
    choose_face,
    read_reference,
    record_reference,
    remove_reference,
)
from indexer.sealed_records import about_reference, case_key
from indexer.sealing import unseal
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.case import Case, CaseState
from models.errors import WrongState
from models.face import Face
from models.reference import Reference, ReferenceState

PATIENCE_SECONDS = 30.0
"""How long a request waits for its turn to embed; longer, and the client had better ask again."""


def add_reference(
    house: House,
    actor: Actor,
    once: Once,
    case_id: UUID,
    data: bytes,
    taken_on: date | None,
    age_years: float | None,
) -> Response:
    """Read, embedded and stored before the one transaction that records it, which holds up nobody."""
    limit = house.settings.max_upload_bytes
    if len(data) > limit:
        raise BodyTooLarge(limit=limit)
    context = house.context
    with context.database.reading() as session:
        case = visible_case(session, actor, case_id)
        _require_possible(context.keyring, case, taken_on)
    with _turn_to_embed(house):
        read = read_reference(context, case, data)
    with context.database.writing() as session:

        def make() -> ReferenceOut:
            return _recorded(session, context, actor, case_id, read, taken_on, age_years)

        def again(reference_id: UUID) -> ReferenceOut:
            return read_one(session, actor, case_id, reference_id)

        return once.answer(session, actor, read.digest + f"{taken_on} {age_years}".encode(), make, again)


def one_reference(session: Session, case: Case, reference_id: UUID) -> Reference:
    """Of a case the actor may see. `NotFound`."""
    ours = select(Reference).where(Reference.case_id == case.id)
    return one_visible(session, ours, Reference.id, reference_id, "reference")


def read_one(session: Session, actor: Actor, case_id: UUID, reference_id: UUID) -> ReferenceOut:
    reference = one_reference(session, visible_case(session, actor, case_id), reference_id)
    return references_of(session, [reference])[0]


def change_reference(
    session: Session, keyring: KeyRing, actor: Actor, case_id: UUID, reference_id: UUID, change: ReferenceChange
) -> ReferenceOut:
    """`NotFound`, `NoFaceFound`, `FaceNumberUnknown`, `DatesImpossible`, `WrongState`."""
    case = locked_case(session, actor, case_id)
    given = change.model_fields_set
    _require_possible(keyring, case, change.taken_on)
    reference = one_reference(session, case, reference_id)
    if change.face is not None:
        choose_face(session, reference, change.face)
        _alert_supervisors(session, case, reference)
    reference.date_it(
        change.taken_on if "taken_on" in given else reference.taken_on,
        change.age_years if "age_years" in given else reference.age_years,
    )
    act(session, actor, "reference.change", "reference", reference.id, f"fields: {', '.join(sorted(given))}")
    return references_of(session, [reference])[0]


def drop_reference(session: Session, actor: Actor, case_id: UUID, reference_id: UUID) -> None:
    """`NotFound`, `OnHold`."""
    case = locked_case(session, actor, case_id)
    require_case_free(session, case.id)
    remove_reference(session, one_reference(session, case, reference_id))
    act(session, actor, "reference.remove", "reference", reference_id)


def approve_reference(session: Session, actor: Actor, case_id: UUID, reference_id: UUID, seen: int) -> ReferenceOut:
    """``seen``: the face that the supervisor saw chosen. `NotFound`, `WrongState`, `SamePerson`, `ChangedMeanwhile`."""
    case = locked_case(session, actor, case_id)
    reference = one_reference(session, case, reference_id)
    if reference.state is not ReferenceState.READY:
        state = reference.state.replace("_", " ")
        raise WrongState(thing="reference", state=f"without a chosen face ({state})", change="approved")
    if reference.chosen != seen:
        raise ChangedMeanwhile
    reference.approve(actor.user, case.worker_id)
    act(session, actor, "reference.approve", "reference", reference.id)
    return references_of(session, [reference])[0]


def look_at_reference(context: Context, actor: Actor, case_id: UUID, reference_id: UUID) -> bytes:
    """The picture, rebuilt from pixels, as a JPEG. Without the act in the audit log there are no bytes.

    `NotFound`, `ChangedMeanwhile`.
    """

    def find(session: Session) -> Shown:
        case = visible_case(session, actor, case_id)
        reference = one_reference(session, case, reference_id)
        name, about = reference.blob_name, about_reference(reference.id)
        return Shown(name, lambda _: unseal(case_key(context.keyring, case), context.store.get(name), about))

    return seen(context, find, lambda session: act(session, actor, "reference.look", "reference", reference_id))


def look_at_chosen_face(context: Context, actor: Actor, case_id: UUID, reference_id: UUID) -> bytes:
    """The crop of the child's face, as a JPEG; a look like one at the whole picture. `NotFound`, `ChangedMeanwhile`."""

    def find(session: Session) -> Shown:
        reference = one_reference(session, visible_case(session, actor, case_id), reference_id)
        chosen = select(Face).where(Face.reference_id == reference.id, Face.number == reference.chosen)
        face = session.scalars(chosen).one_or_none()
        if face is None:
            raise NotFound(thing="face")
        return shown_crop(context, face)

    return seen(context, find, lambda session: act(session, actor, "reference.look", "reference", reference_id))


def _recorded(
    session: Session,
    context: Context,
    actor: Actor,
    case_id: UUID,
    read: ReadReference,
    taken_on: date | None,
    age_years: float | None,
) -> ReferenceOut:
    case = locked_case(session, actor, case_id)
    _require_possible(context.keyring, case, taken_on)  # once more: it may have been closed meanwhile
    reference = record_reference(session, context, case, read, taken_on, age_years)
    act(session, actor, "reference.add", "reference", reference.id)
    _alert_supervisors(session, case, reference)
    return references_of(session, [reference])[0]


def _require_possible(keyring: KeyRing, case: Case, taken_on: date | None) -> None:
    """`WrongState` for a closed case, `DatesImpossible`."""
    if case.state is CaseState.CLOSED:
        raise WrongState(thing="case", state=case.state, change="changed")
    born = details_of(keyring, case)["birth_date"]
    if taken_on and born and taken_on < date.fromisoformat(born):
        raise DatesImpossible(reason="the reference would be older than the child")


def _alert_supervisors(session: Session, case: Case, reference: Reference) -> None:
    """Of one that can be approved, in a case that is approved: before, the case's own alert stands for it."""
    waits = reference.state is ReferenceState.READY and reference.approved_at is None
    if waits and case.state is CaseState.APPROVED:
        kind = AlertKind.REFERENCE_AWAITS_APPROVAL
        session.add(Alert(kind=kind, object_type="reference", object_id=str(reference.id)))


@contextmanager
def _turn_to_embed(house: House) -> Iterator[None]:
    if not house.embedding.acquire(timeout=PATIENCE_SECONDS):
        raise ServiceBusy
    try:
        yield
    finally:
        house.embedding.release()
