"""Pairs whose truth is known, by which reviewers learn how often they err."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.decision import DecisionWithWords
from models.errors import AlreadyAnswered, WrongState
from models.review import AssignmentState
from models.types import BigId, Moment, RandomId, UtcDateTime, by_whom, now, one_of


class SeededPair(DecisionWithWords, Base):
    """One pair made for one reviewer, and the locked answer to it. ``id`` stands where an assignment's does.

    ``case_id`` is the case whose references are shown. ``face_id``, a face of ``other_case_id``, stands for the street
    face: made poor from ``seed``, as large (``face_px``, brow to chin) and as well ``dated`` as that of the candidate
    whose place the pair took. It goes when a case worker takes it away; what stays shows and says nothing of a child.
    """

    __tablename__ = "seeded_pairs"
    __table_args__ = (
        CheckConstraint("answer BETWEEN -2 AND 2", name="answer"),
        Index("ix_seeded_pairs_day", "reviewer_id", "closed_at"),
    )

    id: Mapped[RandomId]
    reviewer_id: Mapped[UUID] = by_whom()
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    other_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    face_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("faces.id", ondelete="SET NULL"), index=True)
    same: Mapped[bool]
    seed: Mapped[int]
    face_px: Mapped[float]
    dated: Mapped[bool]
    state: Mapped[AssignmentState] = mapped_column(one_of(AssignmentState), default=AssignmentState.OPEN)
    given_at: Mapped[Moment] = mapped_column(default=now)
    lapses_at: Mapped[Moment]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[int | None]
    features: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    comment: Mapped[str] = mapped_column(String(2000), default="")

    def decided(self) -> list[object]:
        return [self.id, self.reviewer_id, self.same, self.answer, self.features, self.closed_at]

    def state_at(self, at: datetime) -> AssignmentState:
        """What is gone cannot be answered any more."""
        gone = self.face_id is None
        overdue = self.state is AssignmentState.OPEN and (at >= self.lapses_at or gone)
        return AssignmentState.LAPSED if overdue else self.state

    def require_open(self, change: str) -> None:
        """`AlreadyAnswered`, `WrongState`."""
        state = self.state_at(now())
        if state is AssignmentState.ANSWERED:
            raise AlreadyAnswered
        if state is not AssignmentState.OPEN:
            raise WrongState(thing="assignment", state=state, change=change)

    def lock(self, answer: int, features: dict[str, int], comment: str) -> None:
        self.require_open("answered")
        self.state, self.closed_at = AssignmentState.ANSWERED, now()
        self.answer, self.features, self.comment = answer, features, comment

    def recuse(self) -> None:
        self.require_open("answered")
        self.state, self.closed_at = AssignmentState.KNOWS_CHILD, now()

    def give_again(self, lapses_at: datetime) -> None:
        self.given_at, self.lapses_at = now(), lapses_at

    def forget(self) -> None:
        """Nobody may look at it any more. The answer stays, without a word about the face."""
        if self.state is AssignmentState.OPEN:
            self.state, self.closed_at = AssignmentState.LAPSED, now()
        self.face_id = None
        self.forget_words()
