"""Cases as case workers write them and supervisors read them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, StringConstraints, model_validator

from app.schemas.base import Answer, Asked
from models.case import CaseState
from models.types import now

EARLIEST = date(1900, 1, 1)


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


def _happened(day: date) -> date:
    if not EARLIEST <= day <= now().date():
        raise ValueError("the date lies in the future or before 1900")
    return day


PastDate = Annotated[date, AfterValidator(_happened)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class CaseDetails(Asked):
    """What is known of the child, and the supervisors' checklist. All of it is sealed under the case's own key.

    `may_test_reviewers`: the references may be used, made poor and without a name, to measure how often reviewers err.
    """

    child_name: Line | None = None
    birth_date: PastDate | None = None
    sex: Sex | None = None
    missing_since: PastDate | None = None
    notes: Words | None = None
    police_reference: Line | None = None
    custody: Words | None = None
    consent: Words | None = None
    asked_by: Line | None = None
    may_test_reviewers: bool = False

    @model_validator(mode="after")
    def _born_before_missing(self) -> Self:
        if self.birth_date and self.missing_since and self.missing_since < self.birth_date:
            raise ValueError("missing_since lies before birth_date")
        return self


class NewCase(CaseDetails):
    """Everything but the name may come later; the checklist has to be there before a supervisor can approve."""

    child_name: Line


class CaseApproval(Asked):
    """The `version` of the case as it was read."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Closing(Asked):
    reason: Reason


class Reassignment(Asked):
    worker_id: UUID


class CaseSummary(Answer):
    """A case in a list: nothing that names a child."""

    id: UUID
    number: str
    state: CaseState
    worker_id: UUID
    opened_at: datetime
    approved_at: datetime | None
    closed_at: datetime | None


class CaseOut(CaseSummary):
    """`missing` names what a supervisor needs before approving; `advice` says what would make searches better.

    `version` changes with the details and the references; an approval names the one that was read.
    """

    approved_by: UUID | None
    closed_because: str | None
    child_name: str | None
    birth_date: date | None
    sex: Sex | None
    missing_since: date | None
    notes: str | None
    police_reference: str | None
    custody: str | None
    consent: str | None
    asked_by: str | None
    may_test_reviewers: bool
    missing: list[str]
    advice: list[str]
    version: str
