"""What people say of candidates: assignments, locked answers, adjudication, release, outcome."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.decision import Decision, DecisionWithWords
from models.errors import AlreadyAnswered, SamePerson, WrongState
from models.types import Moment, RandomId, UtcDateTime, by_whom, now, one_of
from models.user import User

ALONE_WAITS = timedelta(hours=24)  # an installation with one supervisor: they agree with themselves a day later


class AssignmentState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    KNOWS_CHILD = "knows_child"
    LAPSED = "lapsed"


class Assignment(Base):
    """One candidate given to one reviewer. ``id`` is all the reviewer ever learns of it."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("candidate_id", "reviewer_id", "round"),)

    id: Mapped[RandomId]
    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id", ondelete="CASCADE"), index=True)
    reviewer_id: Mapped[UUID] = by_whom(index=True)
    round: Mapped[int] = mapped_column(default=1)  # the candidate's
    state: Mapped[AssignmentState] = mapped_column(one_of(AssignmentState), default=AssignmentState.OPEN)
    given_at: Mapped[Moment] = mapped_column(default=now)
    lapses_at: Mapped[Moment]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def state_at(self, at: datetime) -> AssignmentState:
        """What people are told: nobody writes down that an assignment's time is over."""
        overdue = self.state is AssignmentState.OPEN and at >= self.lapses_at
        return AssignmentState.LAPSED if overdue else self.state

    def require_open(self, change: str) -> None:
        """`AlreadyAnswered`, `WrongState`."""
        state = self.state_at(now())
        if state is AssignmentState.ANSWERED:
            raise AlreadyAnswered
        if state is not AssignmentState.OPEN:
            raise WrongState(thing="assignment", state=state, change=change)

    def _close(self, state: AssignmentState) -> None:
        self.require_open("answered")
        self.state, self.closed_at = state, now()

    def answer(self) -> None:
        self._close(AssignmentState.ANSWERED)

    def recuse(self) -> None:
        self._close(AssignmentState.KNOWS_CHILD)

    def lapse(self) -> None:
        self.state, self.closed_at = AssignmentState.LAPSED, now()

    def give_again(self, lapses_at: datetime) -> None:
        self.state, self.given_at, self.lapses_at, self.closed_at = AssignmentState.OPEN, now(), lapses_at, None


class Review(DecisionWithWords, Base):
    """One reviewer's locked answer, -2 different ... +2 same, with feature ratings. The answer is never changed."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("candidate_id", "reviewer_id", "round"),
        CheckConstraint("answer BETWEEN -2 AND 2", name="answer"),
        Index("ix_reviews_day", "reviewer_id", "locked_at"),  # asked before each assignment
    )

    id: Mapped[RandomId]
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignments.id", ondelete="CASCADE"), unique=True)
    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id", ondelete="CASCADE"))
    reviewer_id: Mapped[UUID] = by_whom()
    round: Mapped[int] = mapped_column(default=1)  # the candidate's
    answer: Mapped[int]
    features: Mapped[dict[str, int]] = mapped_column(JSON)
    comment: Mapped[str] = mapped_column(String(2000), default="")
    locked_at: Mapped[Moment] = mapped_column(default=now)

    def decided(self) -> list[object]:
        whose = [self.candidate_id, self.assignment_id, self.reviewer_id, self.round]
        return [*whose, self.answer, self.features, self.locked_at]

    def forget_comment(self) -> None:
        """The face it describes is being erased; the answer stays."""
        self.forget_words()


class Adjudication(Decision, Base):
    """A supervisor's decision where two reviewers differ."""

    __tablename__ = "adjudications"

    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)  # the candidate's
    by: Mapped[UUID] = by_whom()
    same: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(2000))
    at: Mapped[Moment] = mapped_column(default=now)

    def decided(self) -> list[object]:
        return [self.candidate_id, self.round, self.by, self.same, self.reason, self.at]


class Authority(Decision, Base):
    """Someone a confirmed candidate may be released to. Two supervisors put it on the list."""

    __tablename__ = "authorities"

    id: Mapped[RandomId]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    contact: Mapped[str] = mapped_column(String(500))
    proposed_by: Mapped[UUID] = by_whom()
    agreed_by: Mapped[UUID | None] = by_whom()
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def decided(self) -> list[object]:
        return [self.id, self.name, self.contact, self.proposed_by, self.agreed_by, self.agreed_at]

    @property
    def is_listed(self) -> bool:
        return self.agreed_at is not None and self.retired_at is None

    def agree(self, supervisor: User) -> None:
        if supervisor.id == self.proposed_by:
            raise SamePerson(reason="an authority is put on the list by two supervisors")
        self.agreed_by, self.agreed_at = supervisor.id, now()


class Release(Decision, Base):
    """Place, time and photo of a confirmed candidate, handed to an authority by two supervisors."""

    __tablename__ = "releases"

    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True)
    authority_id: Mapped[UUID] = mapped_column(ForeignKey("authorities.id"))
    reason: Mapped[str] = mapped_column(String(2000))
    proposed_by: Mapped[UUID] = by_whom()
    proposed_at: Mapped[Moment] = mapped_column(default=now)
    agreed_by: Mapped[UUID | None] = by_whom()
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def decided(self) -> list[object]:
        proposed = [self.candidate_id, self.authority_id, self.reason, self.proposed_by, self.proposed_at]
        return [*proposed, self.agreed_by, self.agreed_at]

    def propose_again(self, authority_id: UUID, reason: str, supervisor: User) -> None:
        """Another authority or reason, or another proposer; the waiting begins anew."""
        if self.agreed_at is not None:
            raise WrongState(thing="release", state="agreed", change="proposed again")
        self.authority_id, self.reason = authority_id, reason
        self.proposed_by, self.proposed_at = supervisor.id, now()

    def agree(self, supervisor: User, only_supervisor: bool) -> None:
        """``only_supervisor``: there is no second one, so a day's wait stands in for their eyes."""
        if self.agreed_at is not None:
            raise WrongState(thing="release", state="agreed", change="agreed")
        waited = now() - self.proposed_at >= ALONE_WAITS
        if supervisor.id == self.proposed_by and not (only_supervisor and waited):
            raise SamePerson(reason="a release is agreed by a second supervisor; a lone one waits 24 hours")
        self.agreed_by, self.agreed_at = supervisor.id, now()


class Outcome(Decision, Base):
    """What an authority established."""

    __tablename__ = "outcomes"

    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True)
    established_by: Mapped[str] = mapped_column(String(64))  # DNA, documents, ...
    note: Mapped[str] = mapped_column(String(2000), default="")
    for_worker: Mapped[str] = mapped_column(String(2000), default="")  # what the authority lets the case worker read
    recorded_by: Mapped[UUID] = by_whom()
    recorded_at: Mapped[Moment] = mapped_column(default=now)

    def decided(self) -> list[object]:
        words = [self.established_by, self.note, self.for_worker]
        return [self.candidate_id, *words, self.recorded_by, self.recorded_at]
