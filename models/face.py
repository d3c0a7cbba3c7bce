"""One face in one photo or reference."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import BigId, Json, Moment, now, one_of


class QualityClass(StrEnum):
    GOOD = "good"
    LOW = "low"
    NOT_ENROLLED = "not_enrolled"  # stored, but in no gallery


class Face(Base):
    """A face: box in the picture, five landmarks in its crop, quality. Ids are never used twice; galleries key on them.

    ``box`` and ``crop_box`` are [left, top, right, bottom] in pixels of the picture; ``landmarks`` are five [x, y] in
    pixels of the crop, in the order of ``scheme``.
    """

    __tablename__ = "faces"
    __table_args__ = (
        UniqueConstraint("photo_id", "number"),
        UniqueConstraint("reference_id", "number"),
        CheckConstraint("(photo_id IS NULL) <> (reference_id IS NULL)", name="one_picture"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"))
    reference_id: Mapped[UUID | None] = mapped_column(ForeignKey("references.id", ondelete="CASCADE"))
    number: Mapped[int]
    box: Mapped[list[float]] = mapped_column(JSON)
    crop_box: Mapped[list[float]] = mapped_column(JSON)
    landmarks: Mapped[list[list[float]]] = mapped_column(JSON)
    scheme: Mapped[str] = mapped_column(String(16))
    detector_pack_id: Mapped[str] = mapped_column(String(64))
    detector_score: Mapped[float]
    quality: Mapped[Json] = mapped_column(JSON)  # measures by name, and the reasons
    quality_class: Mapped[QualityClass] = mapped_column(one_of(QualityClass))
    crop_blob_name: Mapped[str] = mapped_column(String(120))
    found_at: Mapped[Moment] = mapped_column(default=now)
