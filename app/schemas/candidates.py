"""Candidates as supervisors see them: what reviewers said, anonymised; releases; outcomes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.schemas.base import Answer, Asked
from app.schemas.review import ShownFace
from models.candidate import CandidateState

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
ReleaseReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1900)]
"""The audit log keeps it beside the authority's id, in 2000 characters."""
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class AskedState(StrEnum):
    """The states in which a supervisor sees a candidate."""

    CONFLICT = "conflict"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    REUNITED = "reunited"
    ELSEWHERE = "elsewhere"
    NOT_THE_CHILD = "not_the_child"


class OutcomeKind(StrEnum):
    REUNITED = "reunited"
    ELSEWHERE = "elsewhere"
    NOT_THE_CHILD = "not_the_child"


class Adjudicated(Asked):
    same: bool
    reason: Reason


class ProposedRelease(Asked):
    authority_id: UUID
    reason: ReleaseReason


class AgreedRelease(Asked):
    """`authority_id` says to which release you agree: it may have been proposed anew since you read it."""

    authority_id: UUID


class RecordedOutcome(Asked):
    """`for_worker` is what the authority lets the case worker read."""

    outcome: OutcomeKind
    established_by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    note: Note = ""
    for_worker: Note = ""


class LockedAnswer(Answer):
    """Of one of the reviewers; which one is not told."""

    answer: int
    features: dict[str, int]
    comment: str


class ReleaseOut(Answer):
    authority_id: UUID
    authority: str
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    agreed_by: UUID | None
    agreed_at: datetime | None


class CandidateDetail(Answer):
    """A candidate, its faces by number, and what was said of it. No place, no time, no score."""

    id: UUID
    case_id: UUID
    case_number: str
    state: CandidateState
    decided_at: datetime | None
    faces: list[ShownFace]
    answers: list[LockedAnswer]
    release: ReleaseOut | None


class SourceOut(Answer):
    """What one volunteer said of the photo, and when it came. Their name is never told."""

    taken_at: str | None
    latitude: float | None
    longitude: float | None
    place: str | None
    note: str | None
    source_url: str | None
    uploaded_at: datetime


class CameraOut(Answer):
    """Time and place as the camera wrote them into the file."""

    taken_at: str | None
    latitude: float | None
    longitude: float | None


class ReleasePacket(Answer):
    """What goes to the authority. `photo_jpeg`: the photo, base 64; from now on also face number `photo_number`."""

    candidate_id: UUID
    case_number: str
    authority: str
    contact: str
    reason: str
    agreed_at: datetime
    sources: list[SourceOut]
    camera: CameraOut
    photo_number: int
    photo_jpeg: str
