"""A reviewer looks at an assignment and answers it, once."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.queries import one_visible
from app.schemas.review import AnswerIn, AssignmentOut, ShownFace, Truth
from app.services.crops import Shown, seen, shown_crop, shown_for_comparing
from app.services.pairs import LINKED_FROM, PairFace, face_of, pair_of
from app.services.seeded import answer_seeded, seeded_faces, shown_of, visible_seeded
from indexer.context import Context
from indexer.linking.undoing import undo_links
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState
from models.review import Assignment, AssignmentState, Review
from models.seeded import SeededPair
from models.types import now

_TOLD = {
    CandidateState.CONFLICT: AlertKind.CANDIDATE_CONFLICT,
    CandidateState.CONFIRMED: AlertKind.CANDIDATE_CONFIRMED,
}


Held = Assignment | SeededPair
"""What a reviewer holds; the two are the same to them until they have answered."""


def visible_assignments(actor: Actor) -> Select[Assignment]:
    """A reviewer's own."""
    return select(Assignment).where(Assignment.reviewer_id == actor.id)


def read_assignment(session: Session, context: Context, actor: Actor, assignment_id: UUID) -> AssignmentOut:
    """`NotFound`."""
    return described(session, context, _own(session, actor, assignment_id))


def described(session: Session, context: Context, assignment: Held) -> AssignmentOut:
    state = assignment.state_at(now())
    faces = _pair(session, context, assignment) if state is AssignmentState.OPEN else []
    return AssignmentOut(
        id=assignment.id,
        state=state,
        lapses_at=assignment.lapses_at,
        faces=[ShownFace.model_validate(face) for face in faces],
        truth=_truth(assignment, state),
    )


def _truth(assignment: Held, state: AssignmentState) -> Truth | None:
    if not isinstance(assignment, SeededPair) or state is not AssignmentState.ANSWERED:
        return None
    return Truth.SAME if assignment.same else Truth.DIFFERENT


def own_answer(session: Session, actor: Actor, assignment_id: UUID) -> int | None:
    """What the reviewer has locked, -2 to 2; None where they have not answered. `NotFound`."""
    assignment = _own(session, actor, assignment_id)
    if isinstance(assignment, SeededPair):
        return assignment.answer
    return session.scalar(select(Review.answer).where(Review.assignment_id == assignment.id))


def look_at(context: Context, actor: Actor, assignment_id: UUID, number: int, *, aligned: bool = False) -> bytes:
    """One face crop, JPEG, as it is or ``aligned`` with the others; the look is on record or the bytes are not served.

    `NotFound`, `AlreadyAnswered`, `WrongState`, `ChangedMeanwhile`.
    """

    def find(session: Session) -> Shown:
        assignment = _own(session, actor, assignment_id)
        assignment.require_open("looked at")
        if isinstance(assignment, SeededPair):
            return shown_of(session, context, assignment, number, aligned=aligned)
        face = face_of(session, session.get_one(Candidate, assignment.candidate_id), number)
        return shown_for_comparing(context, face) if aligned else shown_crop(context, face)

    return seen(
        context,
        find,
        lambda session: act(session, actor, "assignment.look", "assignment", assignment_id, f"face {number}"),
    )


def answer(session: Session, context: Context, actor: Actor, assignment_id: UUID, said: AnswerIn) -> Held:
    """Lock an answer, or step aside. `NotFound`, `AlreadyAnswered`, `WrongState`."""
    assignment = _own(session, actor, assignment_id)
    if isinstance(assignment, SeededPair):
        session.refresh(assignment, with_for_update=True)
        return answer_seeded(session, context, actor, assignment, said)
    # The candidate first: whoever changes its assignments holds its lock.
    candidate = session.get_one(Candidate, assignment.candidate_id, with_for_update=True)
    session.refresh(assignment)
    if said.know_child:
        assignment.recuse()
        act(session, actor, "review.recuse", "assignment", assignment.id)
    else:
        _lock_answer(session, actor, assignment, candidate, said)
    return assignment


def _lock_answer(session: Session, actor: Actor, assignment: Assignment, candidate: Candidate, said: AnswerIn) -> None:
    assignment.answer()
    review = Review(
        assignment_id=assignment.id,
        candidate_id=candidate.id,
        reviewer_id=actor.id,
        round=candidate.round,
        answer=said.score,
        features={group.value: rating for group, rating in said.features.items()},
        comment=said.comment,
    )
    session.add(review)
    session.flush()
    act(session, actor, "review.answer", "assignment", assignment.id, decides=review)
    _tell_apart(session, actor, candidate, said.other_child)
    _settle(session, candidate)


def _tell_apart(session: Session, actor: Actor, candidate: Candidate, numbers: list[int]) -> None:
    """`NotFound` for a number that is no linked street face."""
    if not numbers or candidate.face_id is None:
        return
    if min(numbers) < LINKED_FROM:
        raise NotFound(thing="linked face")
    apart = [face_of(session, candidate, number).id for number in sorted(set(numbers))]
    undo_links(session, actor.id, candidate.face_id, apart)
    act(session, actor, "link.undo", "candidate", candidate.id, f"{len(apart)} faces")


def _settle(session: Session, candidate: Candidate) -> None:
    """Once two people have answered."""
    of_round = (Review.candidate_id == candidate.id) & (Review.round == candidate.round)
    answers = session.scalars(select(Review.answer).where(of_round)).all()
    if len(answers) < 2:
        return
    candidate.settle(answers[0], answers[1])
    if candidate.state in _TOLD:
        session.add(Alert(kind=_TOLD[candidate.state], object_type="candidate", object_id=str(candidate.id)))


def _own(session: Session, actor: Actor, assignment_id: UUID) -> Held:
    seeded = session.scalar(visible_seeded(actor).where(SeededPair.id == assignment_id))
    return seeded or one_visible(session, visible_assignments(actor), Assignment.id, assignment_id, "assignment")


def _pair(session: Session, context: Context, assignment: Held) -> list[PairFace]:
    if isinstance(assignment, SeededPair):
        return seeded_faces(session, context, assignment)
    return pair_of(session, context, session.get_one(Candidate, assignment.candidate_id))
