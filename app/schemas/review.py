"""What a reviewer is shown and says: faces, and nothing that could sway an answer."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.schemas.base import Answer, Asked
from app.services.pairs import Side
from models.review import AssignmentState


class FeatureGroup(StrEnum):
    """The groups of features a reviewer may rate (FISWG, facial comparison)."""

    FACE_OUTLINE = "face_outline"
    HAIRLINE = "hairline"
    BROWS = "brows"
    EYES = "eyes"
    NOSE = "nose"
    MOUTH = "mouth"
    CHIN_AND_JAW = "chin_and_jaw"
    EARS = "ears"
    MARKS = "marks"


Rating = Annotated[int, Field(ge=-2, le=2, strict=True)]
"""-2 different, -1 probably different, 0 cannot say, +1 probably same, +2 same."""


class AnswerIn(Asked):
    """Exactly one of `answer`, `cannot_say` and `know_child`. Locked once given.

    `other_child` names street faces, by their numbers, that show another child than street face 0: they are not shown
    together again. The answer speaks of street face 0.
    """

    answer: Rating | None = None
    cannot_say: bool = False
    know_child: bool = False
    features: dict[FeatureGroup, Rating] = Field(default_factory=dict)
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    other_child: Annotated[list[Annotated[int, Field(ge=1, lt=1000)]], Field(max_length=20)] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.answer is not None, self.cannot_say, self.know_child].count(True) != 1:
            raise ValueError("give exactly one of answer, cannot_say and know_child")
        if self.know_child and (self.features or self.comment or self.other_child):
            raise ValueError("who knows the child rates no feature, writes no comment and tells no faces apart")
        return self

    @property
    def score(self) -> int:
        """The answer that is locked; who cannot say answers 0."""
        return self.answer or 0


class ShownFace(Answer):
    """A face of the pair. `street_about_years_after`: about how many years after this reference the street photo was
    taken; null when unknown."""

    number: int
    side: Side
    street_about_years_after: int | None


class Truth(StrEnum):
    SAME = "same"
    DIFFERENT = "different"


class AssignmentOut(Answer):
    """`faces` is empty once the assignment is closed. `truth` is told of a seeded pair once answered, else null."""

    id: UUID
    state: AssignmentState
    lapses_at: datetime
    faces: list[ShownFace]
    truth: Truth | None
