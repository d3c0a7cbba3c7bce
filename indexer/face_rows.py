"""The record of a face, the same whether it was found in a photo or in a reference."""

from dataclasses import asdict
from uuid import UUID

from indexer.ingest import AssessedFace
from indexer.packs.base import PackInfo
from models.face import Face, QualityClass


def face_row(
    number: int, face: AssessedFace, info: PackInfo, *, photo_id: UUID | None = None, reference_id: UUID | None = None
) -> Face:
    """Face ``number`` of the photo or of the reference, whichever id is given."""
    measures = asdict(face.quality) | {"reasons": [reason.value for reason in face.quality.reasons]}
    return Face(
        photo_id=photo_id,
        reference_id=reference_id,
        number=number,
        box=[float(side) for side in face.found.box],
        crop_box=[float(side) for side in face.cut.box],
        landmarks=face.cut.landmarks.tolist(),
        scheme=info.scheme.value,
        detector_pack_id=info.id,
        detector_score=float(face.found.detector_score),
        quality=measures,
        quality_class=QualityClass(face.quality.quality_class.value),
        crop_blob_name=face.blob_name,
    )
