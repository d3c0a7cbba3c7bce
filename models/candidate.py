"""Candidates: (case, street face) pairs worth human eyes, the searches that found them, and what became of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.cohort import CohortSource
from models.errors import WrongState
from models.types import BigId, Moment, RandomId, UtcDateTime, by_whom, now, one_of


class CandidateState(StrEnum):
    OPEN = "open"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    RELEASED = "released"
    REUNITED = "reunited"
    ELSEWHERE = "elsewhere"
    NOT_THE_CHILD = "not_the_child"
    WITHDRAWN = "withdrawn"


OUTCOMES = frozenset({CandidateState.REUNITED, CandidateState.ELSEWHERE, CandidateState.NOT_THE_CHILD})


def verdict(first: int, second: int) -> CandidateState:
    """What two locked answers in -2..+2 make of a candidate (design section 7)."""
    if min(first, second) >= 1 and first + second >= 3:
        return CandidateState.CONFIRMED
    if max(first, second) <= -1:
        return CandidateState.REJECTED
    return CandidateState.CONFLICT


class Candidate(Base):
    """One (case, street face) pair. It has a rank and a score within each search, and a life of its own.

    ``batch`` 1 is reviewed first (the five best of a search); 2 when a supervisor asks or none of 1 is confirmed.
    ``round`` counts how often two people are asked: a rejected pair returns on new evidence, and is answered anew.
    """

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("case_id", "face_id"),)

    id: Mapped[RandomId]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    # Null once the photo was erased: the decision stays, the child's face does not.
    face_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("faces.id", ondelete="SET NULL"), index=True)
    state: Mapped[CandidateState] = mapped_column(one_of(CandidateState), default=CandidateState.OPEN, index=True)
    batch: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=1)
    found_at: Mapped[Moment] = mapped_column(default=now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it so

    def _become(self, state: CandidateState, change: str, only_when: CandidateState) -> None:
        if self.state is not only_when:
            raise WrongState(thing="candidate", state=self.state, change=change)
        self.state, self.decided_at = state, now()

    def start_review(self) -> None:
        if self.state is not CandidateState.IN_REVIEW:
            self._become(CandidateState.IN_REVIEW, "reviewed", only_when=CandidateState.OPEN)

    def settle(self, first: int, second: int) -> None:
        """Two people have answered."""
        self._become(verdict(first, second), "decided", only_when=CandidateState.IN_REVIEW)

    def adjudicate(self, same: bool) -> None:
        decision = CandidateState.CONFIRMED if same else CandidateState.REJECTED
        self._become(decision, "adjudicated", only_when=CandidateState.CONFLICT)

    def release(self) -> None:
        self._become(CandidateState.RELEASED, "released", only_when=CandidateState.CONFIRMED)

    def conclude(self, outcome: CandidateState) -> None:
        """``outcome``: one of `OUTCOMES`, else ValueError."""
        if outcome not in OUTCOMES:
            msg = f"{outcome} is no outcome"
            raise ValueError(msg)
        self._become(outcome, f"concluded as {outcome}", only_when=CandidateState.RELEASED)

    def withdraw(self) -> None:
        """From every state."""
        self.state, self.decided_at = CandidateState.WITHDRAWN, now()

    def forget_face(self) -> None:
        """The photo is being erased: nobody can look at this pair any more."""
        self.withdraw()
        self.face_id = None

    def come_back(self, batch: int) -> None:
        """There is evidence that nobody has seen who rejected it: two people answer again."""
        self._become(CandidateState.OPEN, "reviewed again", only_when=CandidateState.REJECTED)
        self.decided_at, self.batch, self.round = None, batch, self.round + 1

    def hasten(self) -> None:
        """Into the batch that is reviewed first."""
        self.batch = 1


class SearchKind(StrEnum):
    ASKED = "asked"  # by the case's worker
    STANDING = "standing"  # by nobody: new faces, or a new reference


class Search(Base):
    """References of one case against faces of the gallery, once. What the answer echoed is kept with it.

    ``cohort_source`` null: scores are raw, and ``raw_because`` says why. ``told_at``: when the case's worker may learn
    of its results, which for a standing search is the next daily batch.
    """

    __tablename__ = "searches"
    __table_args__ = (
        CheckConstraint("(kind = 'asked') = (asked_by IS NOT NULL)", name="asker"),
        Index("ix_searches_asked_by_at", "asked_by", "at"),
    )

    id: Mapped[RandomId]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    kind: Mapped[SearchKind] = mapped_column(one_of(SearchKind), default=SearchKind.ASKED)
    asked_by: Mapped[UUID | None] = by_whom()
    reason: Mapped[str] = mapped_column(String(500))
    pack_id: Mapped[str] = mapped_column(ForeignKey("packs.id"))
    gallery_size: Mapped[int]
    threshold: Mapped[float | None]
    expected_false_candidates: Mapped[float | None]
    expected_false_reason: Mapped[str | None] = mapped_column(String(64))
    cohort_source: Mapped[CohortSource | None] = mapped_column(one_of(CohortSource))
    cohort_size: Mapped[int | None]
    raw_because: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[Moment] = mapped_column(default=now)
    told_at: Mapped[Moment] = mapped_column(default=now)


class SearchResult(Base):
    """The place of one candidate in one search."""

    __tablename__ = "search_results"

    search_id: Mapped[UUID] = mapped_column(ForeignKey("searches.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[UUID] = mapped_column(ForeignKey("candidates.id", ondelete="CASCADE"), index=True)
    reference_id: Mapped[UUID | None] = mapped_column(ForeignKey("references.id", ondelete="SET NULL"), index=True)
    score: Mapped[float]  # what the list is ranked by
    raw_score: Mapped[float]  # the cosine of the same pair
    llr: Mapped[float | None]
    flags: Mapped[list[str]] = mapped_column(JSON)
