"""What a calibration wants to know of a candidate beside its score."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from indexer.packs.base import QualityThresholds
from indexer.plausibility import DAYS_PER_YEAR, ChildEntries, PhotoEntries, ReferenceEntries
from indexer.quality import FaceQuality
from indexer.quality_figure import quality_figure
from models.face import Face
from models.types import Json

_MEASURES = [each.name for each in fields(FaceQuality) if each.name != "reasons"]


@dataclass(frozen=True)
class KnownOfCase:
    """What a calibration wants to know of the side that is searched with."""

    child: ChildEntries
    references: list[ReferenceEntries]
    quality: float | None  # of the best reference

    @property
    def latest_age(self) -> float | None:
        """The child's age, years, at the latest reference of which it is known."""
        ages = [age for each in self.references if (age := _age(self.child.born, each)) is not None]
        return max(ages, default=None)


def covariates(case: KnownOfCase, photo: PhotoEntries, face_quality: float | None) -> dict[str, float | None]:
    """By the names of `indexer.calibration.COVARIATES`; None for what nobody said."""
    seen = max((day for day in photo.taken_on if day <= photo.sent_on), default=None)
    latest = case.latest_age
    gap = None
    if seen is not None and case.child.born is not None and latest is not None:
        gap = (seen - case.child.born).days / DAYS_PER_YEAR - latest
    return {
        "gap_years": gap,
        "youngest_age": latest,
        "quality": None if face_quality is None or case.quality is None else min(face_quality, case.quality),
        "references": float(len(case.references)),
    }


def best_quality(faces: Iterable[Face], limits: QualityThresholds) -> float | None:
    """The figure of the best of these faces; None where none was measured."""
    return max((figure for face in faces if (figure := figure_of(face.quality, limits)) is not None), default=None)


def figure_of(quality: Json, limits: QualityThresholds) -> float | None:
    """The figure of a stored face; None for one that was not measured."""
    if not set(_MEASURES) <= quality.keys():
        return None
    return quality_figure(FaceQuality(**{name: quality[name] for name in _MEASURES}, reasons=()), limits)


def _age(born: date | None, reference: ReferenceEntries) -> float | None:
    if reference.age_years is not None:
        return reference.age_years
    if born is None or reference.taken_on is None:
        return None
    return (reference.taken_on - born).days / DAYS_PER_YEAR
