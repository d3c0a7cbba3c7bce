"""One missing child."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.errors import SamePerson, WrongState
from models.types import Moment, RandomId, UtcDateTime, by_whom, now, one_of
from models.user import User


class CaseState(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    CLOSED = "closed"


class Case(Base):
    """A case. What names the child lies in ``sealed_details``, under the case's own key."""

    __tablename__ = "cases"

    id: Mapped[RandomId]
    number: Mapped[str] = mapped_column(String(16), unique=True)  # what a guardian may quote
    worker_id: Mapped[UUID] = by_whom(index=True)
    state: Mapped[CaseState] = mapped_column(one_of(CaseState), default=CaseState.AWAITING_APPROVAL)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_details: Mapped[bytes] = mapped_column(LargeBinary)
    may_test_reviewers: Mapped[bool] = mapped_column(default=False)  # its references may make seeded pairs
    opened_at: Mapped[Moment] = mapped_column(default=now)
    approved_by: Mapped[UUID | None] = by_whom()
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    emptied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # nothing in it names the child any more
    closed_because: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it so

    @property
    def is_searchable(self) -> bool:
        return self.state is CaseState.APPROVED

    def approve(self, supervisor: User) -> None:
        if self.state is not CaseState.AWAITING_APPROVAL:
            raise WrongState(thing="case", state=self.state, change="approved")
        if supervisor.id == self.worker_id:
            raise SamePerson(reason="a case is approved by someone other than its worker")
        self.state, self.approved_by, self.approved_at = CaseState.APPROVED, supervisor.id, now()

    def await_approval_again(self) -> None:
        """What the approval was given for has changed: nothing is searched or reviewed until it is given again."""
        self.state, self.approved_by, self.approved_at = CaseState.AWAITING_APPROVAL, None, None

    def describe(self, sealed_details: bytes, may_test_reviewers: bool) -> None:
        if self.state is CaseState.CLOSED:
            raise WrongState(thing="case", state=self.state, change="changed")
        self.sealed_details, self.may_test_reviewers = sealed_details, may_test_reviewers

    def reassign(self, worker: User) -> None:
        if self.state is CaseState.CLOSED:
            raise WrongState(thing="case", state=self.state, change="reassigned")
        self.worker_id = worker.id

    def close(self, because: str) -> None:
        if self.state is CaseState.CLOSED:
            raise WrongState(thing="case", state=self.state, change="closed")
        self.state, self.closed_at, self.closed_because = CaseState.CLOSED, now(), because
