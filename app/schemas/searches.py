"""Searches and candidates as a case worker is told of them: no picture, place, time, uploader, photo or face id."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.schemas.base import Answer, Asked
from app.schemas.cases import Reason
from models.cohort import CohortSource


class NewSearch(Asked):
    """Why this search is made; it goes into the audit log."""

    reason: Reason


class ReviewState(StrEnum):
    """How far people are. That two reviewers differ, and what an authority found, is not the case worker's to read."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class BestReference(Answer):
    """The case's own reference that scored best, and the age it shows."""

    id: UUID
    age_years: float | None
    taken_on: date | None


class CandidateOut(Answer):
    """One candidate. `score`, to two digits, is what the list is ranked by: see the search's `cohort` for its scale.

    `raw_score` is the cosine on the pack's own scale. `llr` is the logarithm (base 10) of the likelihood ratio, null
    until a calibration for this pack and kind of score is installed.

    `rank`, `score`, `reference` and `flags` are those of the search shown, or of the latest that found the candidate;
    `rank` is null where that was standing search, which compares without making a list.
    `state_note` says to whom and when it was released, `outcome_note` what the authority lets be told.
    """

    id: UUID
    rank: int | None
    score: float
    raw_score: float
    llr: float | None
    reference: BestReference | None
    quality_reasons: list[str]
    flags: list[str]
    state: ReviewState
    state_note: str | None
    outcome_note: str | None


class PackOut(Answer):
    id: str
    name: str


class CohortOut(Answer):
    """Faces of other children that scores were normalised against; `size` is to two digits."""

    source: CohortSource
    size: int


class SearchSummary(Answer):
    """How far a list can be trusted.

    `gallery_size` is to two digits. `threshold` null: an investigation, which shows the first 20 whatever they score.
    `expected_false_candidates`: how many such a list would hold if the child were not in the gallery, counted with the
    references of other cases; else null, and `expected_false_reason` says why.
    `cohort`: scores are in deviations above what either face scores with its nearest faces of other children; null:
    scores are cosines, and `raw_because` says why.
    """

    id: UUID
    case_id: UUID
    at: datetime
    reason: str
    pack: PackOut
    gallery_size: int
    threshold: float | None
    expected_false_candidates: float | None
    expected_false_reason: str | None
    cohort: CohortOut | None
    raw_because: str | None


class SearchOut(SearchSummary):
    candidates: list[CandidateOut]
