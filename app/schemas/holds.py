"""Legal holds: laid and lifted by supervisors."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import StringConstraints, model_validator

from app.schemas.base import Answer, Asked


class NewHold(Asked):
    """On a case and all that belongs to it, or on the photo of one candidate: one of the two."""

    case_id: UUID | None = None
    candidate_id: UUID | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.case_id is None) == (self.candidate_id is None):
            raise ValueError("name a case_id or a candidate_id, and not both")
        return self


class HoldOut(Answer):
    """`case_id` null: it lies on a photo, which is not named."""

    id: UUID
    case_id: UUID | None
    reason: str
    made_by: UUID
    made_at: datetime
    lifted_by: UUID | None
    lifted_at: datetime | None
