"""References as case workers add them and see them again."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.schemas.base import Asked, SentFile
from app.schemas.cases import PastDate
from models.face import QualityClass
from models.reference import ReferenceState

AgeYears = Annotated[float, Field(ge=0, lt=120, allow_inf_nan=False)]


class NewReference(BaseModel):
    """A parent's photo, and when it was taken or how old the child is in it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    file: SentFile
    taken_on: PastDate | None = None
    age_years: AgeYears | None = None


class ReferenceChange(Asked):
    """Which face is the child's, or another date or age; what is left out stays, null takes a date or age away."""

    face: Annotated[int, Field(ge=0)] | None = None
    taken_on: PastDate | None = None
    age_years: AgeYears | None = None

    @model_validator(mode="after")
    def _a_face_stays_chosen(self) -> Self:
        if "face" in self.model_fields_set and self.face is None:
            raise ValueError("a chosen face can be changed, not taken away")
        return self


class ReferenceApproval(Asked):
    """The number of the face that was seen to be the child's."""

    face: Annotated[int, Field(ge=0)]


class ReferenceFace(BaseModel):
    """One face in a reference. `box` is left, top, right, bottom in pixels; `advice` says what is weak, and why."""

    number: int
    box: list[float]
    quality: QualityClass
    reasons: list[str]
    advice: list[str]


class ReferenceOut(BaseModel):
    """`state` `needs_face`: say which of `faces` is the child's. `advice` says what is weak or still wanted."""

    id: UUID
    case_id: UUID
    state: ReferenceState
    chosen: int | None
    faces: list[ReferenceFace]
    advice: list[str]
    width: int
    height: int
    taken_on: date | None
    age_years: float | None
    added_at: datetime
    approved_at: datetime | None
    approved_by: UUID | None
