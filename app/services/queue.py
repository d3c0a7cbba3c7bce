"""Which candidate a reviewer sees next (design section 7).

Two live assignments a candidate, never to the case's worker, nor to anyone who said they know the child. Cases take
turns; within a case the first batch comes before the second, in an order of each reviewer's own.
"""

import math
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.errors import NothingToReview, ReviewLimitReached
from app.services.seeding import Seeding, is_due, make_pair
from indexer.keyring import KeyRing
from indexer.turns import take_turn
from models.actor import Actor, act
from models.candidate import Candidate, CandidateState
from models.case import Case, CaseState
from models.face import Face
from models.photo import Photo, PhotoState
from models.reference import Reference, ReferenceState
from models.review import Assignment, AssignmentState, Review
from models.seeded import SeededPair
from models.types import now

LASTS = timedelta(minutes=30)
ANSWERS_A_DAY = 150
REVIEWERS = 2

_QUEUE = "review queue"
_WANTS_REVIEW = (CandidateState.OPEN, CandidateState.IN_REVIEW)
# While one of the first batch that can be looked at is in any other state, the second batch waits.
_LEADS_NOWHERE = (CandidateState.REJECTED, CandidateState.WITHDRAWN, CandidateState.NOT_THE_CHILD)


def next_assignment(
    session: Session, keyring: KeyRing, actor: Actor, seeding: Seeding | None = None
) -> Assignment | SeededPair:
    """The reviewer's open assignment, or a new one. `NothingToReview`, `ReviewLimitReached`.

    With ``seeding``, now and then a pair of known truth in the place of a candidate that waits. A reviewer holds one
    at a time: asking again gives the same one, so that a closed window loses nothing.
    """
    take_turn(session, _QUEUE)  # two who ask at the same instant are answered one after the other
    at = now()
    held = held_assignment(session, actor, at)
    if held is not None:
        return held
    _require_rested(session, actor.id, at)
    assignment = _seeded(session, actor.id, at, seeding) or _real(session, keyring, actor.id, at)
    act(session, actor, "assignment.take", "assignment", assignment.id)
    return assignment


def require_pair(session: Session, actor: Actor, at: datetime) -> None:
    """Whether `next_assignment` would give something, without taking it. `NothingToReview`, `ReviewLimitReached`."""
    _require_rested(session, actor.id, at)
    if session.scalar(_available(actor.id, at).limit(1)) is None:
        raise NothingToReview


def _seeded(session: Session, reviewer_id: UUID, at: datetime, seeding: Seeding | None) -> SeededPair | None:
    """Before a candidate is locked: rows of cases are locked first."""
    if seeding is None or not is_due(session, seeding.context.keyring, reviewer_id, seeding.share):
        return None
    waiting = _first(session, seeding.context.keyring, reviewer_id, _available(reviewer_id, at))
    return make_pair(session, seeding, reviewer_id, waiting, at + LASTS) if waiting else None


def _real(session: Session, keyring: KeyRing, reviewer_id: UUID, at: datetime) -> Assignment:
    candidate = _choose(session, keyring, reviewer_id, at)
    if candidate is None:
        raise NothingToReview
    candidate.start_review()
    return _assign(session, candidate, reviewer_id, at + LASTS)


def held_assignment(session: Session, actor: Actor, at: datetime) -> Assignment | SeededPair | None:
    """What the reviewer was given and has not answered."""
    assignment = session.scalar(select(Assignment).where(_is_of(actor.id), _is_open(at)))
    if assignment is not None:
        return assignment
    held = select(SeededPair).where(SeededPair.reviewer_id == actor.id, SeededPair.state == AssignmentState.OPEN)
    return next((each for each in session.scalars(held) if each.state_at(at) is AssignmentState.OPEN), None)


def _require_rested(session: Session, reviewer_id: UUID, at: datetime) -> None:
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    answered = select(func.count()).where(Review.reviewer_id == reviewer_id, Review.locked_at >= today)
    tests = select(func.count()).where(SeededPair.reviewer_id == reviewer_id, SeededPair.closed_at >= today)
    if (session.scalar(answered) or 0) + (session.scalar(tests) or 0) >= ANSWERS_A_DAY:
        tomorrow = today + timedelta(days=1)
        raise ReviewLimitReached(limit=ANSWERS_A_DAY, seconds=math.ceil((tomorrow - at).total_seconds()))


def _choose(session: Session, keyring: KeyRing, reviewer_id: UUID, at: datetime) -> Candidate | None:
    """Locked, and then looked at once more: an answer, a closing or an erasure may have come between."""
    available = _available(reviewer_id, at)
    while (candidate := _first(session, keyring, reviewer_id, available)) is not None:
        session.refresh(candidate, with_for_update=True)
        if session.scalar(available.where(Candidate.id == candidate.id)) is not None:
            break
    return candidate


def _first(session: Session, keyring: KeyRing, reviewer_id: UUID, available: Select[Candidate]) -> Candidate | None:
    """Of the case that has waited longest. One batch of it at most is available."""
    case_id = session.scalar(
        available.with_only_columns(Candidate.case_id)
        .group_by(Candidate.case_id)
        .order_by(_last_turn().nulls_first(), Candidate.case_id)
        .limit(1)
    )
    if case_id is None:
        return None
    candidates = session.scalars(available.where(Candidate.case_id == case_id)).all()
    return min(candidates, key=lambda one: _own_order(keyring, reviewer_id, one.id), default=None)


def _available(reviewer_id: UUID, at: datetime) -> Select[Candidate]:
    """What this reviewer may be given, without order."""
    return (
        select(Candidate)
        .join(Case, Candidate.case_id == Case.id)
        .join(Face, Candidate.face_id == Face.id)
        .join(Photo, Face.photo_id == Photo.id)
        .where(
            Candidate.state.in_(_WANTS_REVIEW),
            Case.state == CaseState.APPROVED,
            Case.worker_id != reviewer_id,
            Photo.state != PhotoState.HIDDEN,
            _has_reference(),
            _live_assignments(at) < REVIEWERS,
            ~_had_it(reviewer_id),
            ~_knows_the_child(reviewer_id),
            or_(Candidate.batch == 1, ~_first_batch_leads_on()),
        )
    )


def _is_of(reviewer_id: UUID) -> ColumnElement[bool]:
    return Assignment.reviewer_id == reviewer_id


def _is_open(at: datetime) -> ColumnElement[bool]:
    return and_(Assignment.state == AssignmentState.OPEN, Assignment.lapses_at > at)


def _has_reference() -> ColumnElement[bool]:
    """There must be something to compare the street face with."""
    compared = and_(Reference.approved_at.is_not(None), Reference.state == ReferenceState.READY)
    return exists().where(Reference.case_id == Candidate.case_id, compared).correlate(Candidate)


def _live_assignments(at: datetime) -> ColumnElement[int]:
    live = or_(Assignment.state == AssignmentState.ANSWERED, _is_open(at))
    return select(func.count()).where(_of_this_round(), live).correlate(Candidate).scalar_subquery()


def _of_this_round() -> ColumnElement[bool]:
    """A pair that returned on new evidence is answered anew, by whoever is there."""
    return and_(Assignment.candidate_id == Candidate.id, Assignment.round == Candidate.round)


def _had_it(reviewer_id: UUID) -> ColumnElement[bool]:
    """Whoever let it lapse may be given it again."""
    closed = Assignment.state.in_((AssignmentState.ANSWERED, AssignmentState.KNOWS_CHILD))
    return exists().where(_of_this_round(), _is_of(reviewer_id), closed).correlate(Candidate)


def _knows_the_child(reviewer_id: UUID) -> ColumnElement[bool]:
    """They said so, of a candidate of the case or of a seeded pair, where it may be either of the two."""
    other = aliased(Candidate)
    either = or_(SeededPair.case_id == Candidate.case_id, SeededPair.other_case_id == Candidate.case_id)
    knows = SeededPair.state == AssignmentState.KNOWS_CHILD
    seeded = exists().where(SeededPair.reviewer_id == reviewer_id, knows, either).correlate(Candidate)
    real = (
        exists()
        .where(
            Assignment.candidate_id == other.id,
            other.case_id == Candidate.case_id,
            _is_of(reviewer_id),
            Assignment.state == AssignmentState.KNOWS_CHILD,
        )
        .correlate(Candidate)
    )
    return or_(real, seeded)


def _first_batch_leads_on() -> ColumnElement[bool]:
    """What is hidden does not count: nobody can answer it, and nobody knows when a supervisor decides on it."""
    first, face, photo = aliased(Candidate), aliased(Face), aliased(Photo)
    shown = exists().where(face.id == first.face_id, photo.id == face.photo_id, photo.state != PhotoState.HIDDEN)
    undecided_or_confirmed = and_(first.state.not_in(_LEADS_NOWHERE), shown.correlate(first))
    return (
        exists()
        .where(first.case_id == Candidate.case_id, first.batch == 1, undecided_or_confirmed)
        .correlate(Candidate)
    )


def _last_turn() -> ScalarSelect[datetime]:
    """When anyone was last given a candidate of the same case."""
    other = aliased(Candidate)
    given = select(func.max(Assignment.given_at)).join(other, Assignment.candidate_id == other.id)
    return given.where(other.case_id == Candidate.case_id).correlate(Candidate).scalar_subquery()


def _own_order(keyring: KeyRing, reviewer_id: UUID, candidate_id: UUID) -> bytes:
    """Random, different for each reviewer, and the same at every asking: rank must not show in the order."""
    return keyring.digest_of("review order", reviewer_id.bytes + candidate_id.bytes)


def _assign(session: Session, candidate: Candidate, reviewer_id: UUID, lapses_at: datetime) -> Assignment:
    of_round = and_(Assignment.candidate_id == candidate.id, Assignment.round == candidate.round)
    lapsed = session.scalar(select(Assignment).where(of_round, _is_of(reviewer_id)))
    if lapsed is not None:
        lapsed.give_again(lapses_at)
        return lapsed
    assignment = Assignment(
        candidate_id=candidate.id, reviewer_id=reviewer_id, round=candidate.round, lapses_at=lapses_at
    )
    session.add(assignment)
    session.flush()
    return assignment
