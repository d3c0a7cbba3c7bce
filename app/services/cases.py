"""Cases: opened and described by their worker, approved and reassigned by supervisors, closed for good by either."""

import json
import secrets
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import CaseIncomplete, ChangedMeanwhile, DatesImpossible
from app.queries import one_visible, visible_cases
from app.schemas.cases import CaseDetails, CaseOut, CaseSummary
from indexer.keyring import KeyRing
from indexer.sealed_records import about_case, case_key, new_case_key, seal_json, unseal_json
from indexer.seeded_pairs import forget_pairs_of_case
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState
from models.case import Case, CaseState
from models.decision import AsRead
from models.errors import WrongState
from models.reference import Reference, ReferenceState
from models.review import Assignment, AssignmentState
from models.user import Role, User, UserState

CHECKLIST = ("police_reference", "custody", "consent", "asked_by")
"""What a supervisor looks at before approving (design section 1); it is not changed afterwards."""
WHO = ("child_name", "birth_date", "sex")
"""Which child it is. Changed after the approval, the case waits for a supervisor again."""
WANTED_REFERENCES = 3
WANTS_REFERENCES = "Add at least three references: one recent, the ears and any marks on the face visible."
WANTS_DATES = "Say of every reference when it was taken, or how old the child is in it."

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O, 1 I L, U V: numbers are read out on the telephone
_UNDECIDED = (CandidateState.OPEN, CandidateState.IN_REVIEW, CandidateState.CONFLICT)


def open_case(session: Session, keyring: KeyRing, actor: Actor, details: CaseDetails) -> Case:
    case_id = uuid4()
    key, wrapped = new_case_key(keyring, case_id)
    case = Case(
        id=case_id,
        number=_new_number(session),
        worker_id=actor.id,
        wrapped_key=wrapped,
        sealed_details=seal_json(key, details.model_dump(mode="json"), about_case(case_id)),
        may_test_reviewers=details.may_test_reviewers,
    )
    session.add(case)
    session.flush()
    _alert(session, AlertKind.CASE_AWAITS_APPROVAL, case, None)
    act(session, actor, "case.open", "case", case.id)
    return case


def locked_case(session: Session, actor: Actor, case_id: UUID) -> Case:
    """For a change to the case or to what belongs to it: one after the other. `NotFound`."""
    return one_visible(session, visible_cases(actor).with_for_update(), Case.id, case_id, "case")


def change_case(session: Session, keyring: KeyRing, actor: Actor, case_id: UUID, change: CaseDetails) -> Case:
    """What is not named stays. An approved case about another child by now waits for approval again.

    `NotFound`, `WrongState`, `DatesImpossible`.
    """
    case = locked_case(session, actor, case_id)
    given = change.model_dump(mode="json", exclude_unset=True)
    before = details_of(keyring, case)
    changed = {name for name, value in given.items() if value != before[name]}
    if case.state is CaseState.APPROVED and changed.intersection(CHECKLIST):
        raise WrongState(thing="case", state=case.state, change="changed in what its approval stands on")
    details = _whole(before | given)
    sealed = seal_json(case_key(keyring, case), details, about_case(case.id))
    case.describe(sealed, bool(details["may_test_reviewers"]))
    if not case.may_test_reviewers:
        forget_pairs_of_case(session, case.id)
    if case.state is CaseState.APPROVED and changed.intersection(WHO):
        case.await_approval_again()
        _alert(session, AlertKind.CASE_AWAITS_APPROVAL, case, None)
    act(session, actor, "case.change", "case", case.id, f"fields: {', '.join(sorted(given))}")
    return case


def approve_case(
    session: Session, keyring: KeyRing, actor: Actor, case_id: UUID, seen: str, ticked: Collection[str] = ()
) -> Case:
    """With the references that are ready; those that come later wait for the same glance.

    ``seen``: the version that the supervisor read; what was changed since is approved by nobody. ``ticked``: which
    points of `CHECKLIST` they said to have checked, for the record. `NotFound`, `WrongState`, `SamePerson`,
    `CaseIncomplete`, `ChangedMeanwhile`.
    """
    case = locked_case(session, actor, case_id)
    if case.state is CaseState.AWAITING_APPROVAL and seen != version_of(session, keyring, case):
        raise ChangedMeanwhile
    case.approve(actor.user)
    missing = missing_in(details_of(keyring, case))
    if missing:
        raise CaseIncomplete(missing=", ".join(missing))
    waiting = select(Reference).where(Reference.case_id == case.id, Reference.approved_at.is_(None))
    for reference in session.scalars(waiting.where(Reference.state == ReferenceState.READY)):
        reference.approve(actor.user, case.worker_id)
        act(session, actor, "reference.approve", "reference", reference.id, "with its case")
    _alert(session, AlertKind.CASE_APPROVED, case, case.worker_id)
    checked = ", ".join(name for name in CHECKLIST if name in ticked)
    why = f"checked: {checked}" if checked else ""
    act(session, actor, "case.approve", "case", case.id, why, AsRead(seen))
    return case


def reassign_case(session: Session, actor: Actor, case_id: UUID, worker_id: UUID) -> Case:
    """`NotFound` for the case, or for an account that is no active case worker; `WrongState`."""
    case = locked_case(session, actor, case_id)
    able = select(User).where(User.role == Role.CASE_WORKER, User.state == UserState.ACTIVE)
    worker = one_visible(session, able, User.id, worker_id, "case worker")
    case.reassign(worker)
    act(session, actor, "case.reassign", "case", case.id, f"to {worker.id}")
    return case


def close_case(session: Session, actor: Actor, case_id: UUID, reason: str) -> Case:
    """By its worker, or by a supervisor for a guardian who asks for it (decision 0015).

    What nobody has decided yet is withdrawn from review. `NotFound`, `WrongState`.
    """
    case = locked_case(session, actor, case_id)
    case.close(reason)
    undecided = select(Candidate).where(Candidate.case_id == case.id, Candidate.state.in_(_UNDECIDED))
    for candidate in session.scalars(undecided.order_by(Candidate.id).with_for_update()).all():
        candidate.withdraw()
        open_ones = Assignment.state == AssignmentState.OPEN
        for assignment in session.scalars(select(Assignment).where(Assignment.candidate_id == candidate.id, open_ones)):
            assignment.lapse()
    forget_pairs_of_case(session, case.id)
    act(session, actor, "case.close", "case", case.id, reason)
    return case


def read_case(session: Session, keyring: KeyRing, actor: Actor, case_id: UUID) -> CaseOut:
    """`NotFound`."""
    case = one_visible(session, visible_cases(actor), Case.id, case_id, "case")
    act(session, actor, "case.read", "case", case.id)
    return described(session, keyring, case)


def described(session: Session, keyring: KeyRing, case: Case) -> CaseOut:
    details = details_of(keyring, case)
    return CaseOut(
        **CaseSummary.model_validate(case).model_dump(),
        approved_by=case.approved_by,
        closed_because=case.closed_because,
        missing=missing_in(details),
        advice=_advice(session, case),
        version=version_of(session, keyring, case),
        **details,
    )


def version_of(session: Session, keyring: KeyRing, case: Case) -> str:
    """A digest of what an approval is given for: the details, and every reference with its picture, face and dates."""
    references = session.scalars(select(Reference).where(Reference.case_id == case.id).order_by(Reference.id))
    shown = [
        [str(each.id), each.digest.hex(), each.state, each.chosen, str(each.taken_on), each.age_years]
        for each in references
    ]
    content = json.dumps([details_of(keyring, case), shown], sort_keys=True)
    return keyring.digest_of("case version", case.id.bytes + content.encode()).hex()[:32]


def details_of(keyring: KeyRing, case: Case) -> dict[str, Any]:
    """`SealBroken`."""
    empty = {name: known.default for name, known in CaseDetails.model_fields.items()}
    return empty | unseal_json(case_key(keyring, case), case.sealed_details, about_case(case.id))


def missing_in(details: dict[str, Any]) -> list[str]:
    return [name for name in CHECKLIST if not details[name]]


def _whole(details: dict[str, Any]) -> dict[str, Any]:
    """Checked together: a change alone does not show that a child went missing before birth."""
    try:
        return CaseDetails(**details).model_dump(mode="json")
    except ValidationError:
        raise DatesImpossible(reason="missing_since lies before birth_date") from None


def _advice(session: Session, case: Case) -> list[str]:
    dated = func.count().filter(Reference.taken_on.is_not(None) | Reference.age_years.is_not(None))
    ready = Reference.state == ReferenceState.READY
    count, with_date = session.execute(select(func.count(), dated).where(Reference.case_id == case.id, ready)).one()
    return list(_wishes(count, with_date))


def _wishes(references: int, dated: int) -> Iterable[str]:
    if references < WANTED_REFERENCES:
        yield WANTS_REFERENCES
    if dated < references:
        yield WANTS_DATES


def _new_number(session: Session) -> str:
    while True:
        number = "HW-" + "".join(secrets.choice(_LETTERS) for _ in range(6))
        if session.scalar(select(Case.id).where(Case.number == number)) is None:
            return number


def _alert(session: Session, kind: AlertKind, case: Case, user_id: UUID | None) -> None:
    session.add(Alert(user_id=user_id, kind=kind, object_type="case", object_id=str(case.id)))
