"""Erasures: an admin proposes and sees counts, a supervisor approves."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.base import Answer, Asked
from models.erasure import ErasureState


class NewErasure(Asked):
    """`photo_id` is the id that the photo's volunteer knows."""

    photo_id: UUID
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ErasureOut(Answer):
    """Counts of what goes: `candidates_at_work` are those that people are deciding or have released. `face_numbers`
    are those that a supervisor may look at while an admin's proposal waits; of a withdrawal, none.

    `proposed_by` is null where the photo's volunteer withdrew it: nobody learns who that is. Such an erasure is
    `not_needed` once another volunteer has sent the photo too.
    """

    id: UUID
    photo_id: UUID
    state: ErasureState
    reason: str
    proposed_by: UUID | None
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None
    uploads: int
    faces: int
    candidates: int
    candidates_at_work: int
    face_numbers: list[int]


class ApprovedErasure(Asked):
    """`faces`: the numbers of the people who are to go; without, the whole photo goes."""

    faces: Annotated[list[int], Field(default_factory=list, max_length=100)]
