"""Photos as a volunteer sends them and sees them again: never an image, never whose face."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, model_validator

from app.schemas.base import SentFile
from indexer.photo_details import FIRST_YEAR, can_be_true

Words = Annotated[str, Field(min_length=1, max_length=2000)]


def _can_be_true(taken_at: datetime) -> datetime:
    if not can_be_true(taken_at):
        raise ValueError(f"a photo taken in the future or before {FIRST_YEAR}? Correct the time, or leave it out")
    return taken_at


class SaidOfPhoto(BaseModel):
    """What a volunteer says of a photo.

    `apparent_age` (years) and `apparent_sex` are a guess at the child the photo is about. They never leave a face out:
    where they cannot be right a list says so.
    """

    model_config = ConfigDict(extra="forbid")

    taken_at: Annotated[datetime, AfterValidator(_can_be_true)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    place: Words | None = None
    note: Words | None = None
    source_url: Annotated[AnyHttpUrl, Field(max_length=2000)] | None = None
    apparent_age: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] | None = None
    apparent_sex: Literal["female", "male"] | None = None

    @model_validator(mode="after")
    def _a_place_has_two_numbers(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        return self


class NewPhoto(SaidOfPhoto):
    """A photo and what its volunteer says of it. Nothing but the file is needed.

    `apparent_age` (years) and `apparent_sex` are a guess at the child the photo is about. They never leave a face out:
    where they cannot be right a list says so.
    """

    file: SentFile


class PhotoStatus(StrEnum):
    PENDING = "pending"
    PROCESSED = "processed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class PhotoOut(BaseModel):
    """`faces_found` is null until the photo is processed; `reasons` say what would make the next one better."""

    id: UUID
    status: PhotoStatus
    faces_found: int | None
    reasons: list[str]
    uploaded_at: datetime
