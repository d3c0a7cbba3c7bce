"""What supervisors and case workers should notice."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment, RandomId, by_whom, now, one_of


class AlertKind(StrEnum):
    ACCOUNT_AWAITS_APPROVAL = "account_awaits_approval"
    ACCOUNT_GRANTED = "account_granted"
    CASE_AWAITS_APPROVAL = "case_awaits_approval"
    REFERENCE_AWAITS_APPROVAL = "reference_awaits_approval"
    CANDIDATE_CONFLICT = "candidate_conflict"
    CANDIDATE_CONFIRMED = "candidate_confirmed"
    RELEASE_AWAITS_AGREEMENT = "release_awaits_agreement"
    ERASURE_AWAITS_APPROVAL = "erasure_awaits_approval"
    CASE_APPROVED = "case_approved"
    CANDIDATE_RELEASED = "candidate_released"
    OUTCOME_RECORDED = "outcome_recorded"
    CANDIDATES_FOUND = "candidates_found"  # by standing search
    UNUSUAL_VOLUME = "unusual_volume"  # an account reached a quota, or looks at far more than it used to


class Alert(Base):
    """One thing to notice. ``user_id`` null: every supervisor sees it; else that case worker, in the daily batch.

    ``at`` of what standing search found for a case worker is the batch it belongs to, which may be still to come.
    """

    __tablename__ = "alerts"

    id: Mapped[RandomId]
    user_id: Mapped[UUID | None] = by_whom(index=True)
    kind: Mapped[AlertKind] = mapped_column(one_of(AlertKind))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[Moment] = mapped_column(default=now, index=True)
