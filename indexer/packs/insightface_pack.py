"""Any InsightFace-format pack folder, through `insightface.app.FaceAnalysis`."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.packs.alignment import similarity, warp
from indexer.packs.base import FaceCrop, FoundFace, LandmarkScheme, PackInfo, Pixels, QualityThresholds, Templates
from indexer.packs.boxes import strongest
from indexer.packs.identity import file_digest, pack_id
from indexer.packs.insightface_models import (
    DETECTOR_THRESHOLD,
    MIDDLE_SIDE_PX,
    SIDE,
    SMALL_SIDE_PX,
    InsightFaceModels,
    load_models,
)
from indexer.packs.onnx_session import working

# insightface.utils.face_align.arcface_dst: where the five points of an ArcFace crop lie.
POINTS = np.array([(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)])
SMALL_MARGIN_PX = SMALL_SIDE_PX // 4  # at the small size, half of the picture's longer side in black is around it
OVERLAP = 0.4  # insightface's own: boxes that share more are one face
LIMITS = "trained on adults and few children: scores fall with the years between two pictures; see docs/accuracy.md"

QUALITY = QualityThresholds(
    sharpness=60.0,
    dark_share=0.5,
    bright_share=0.4,
    inter_eye_px=35.0,
    enrol_inter_eye_px=20.0,
    yaw_degrees=35.0,
    enrol_yaw_degrees=60.0,
    roll_degrees=35.0,
    detector_score=0.6,  # SCRFD's score, 0 to 1
    enrol_detector_score=DETECTOR_THRESHOLD,
)


class InsightFacePack:
    """A detector and a recogniser of one folder; its other models are not loaded."""

    def __init__(self, info: PackInfo, models: InsightFaceModels, side_px: int) -> None:
        self.info = info
        self._models, self._side_px = models, side_px

    @classmethod
    def load(
        cls, directory: Path, name: str, licence: str, providers: Sequence[str], threads: int, side_px: int
    ) -> "InsightFacePack":
        """From an existing folder. `PackMissing`, `PackIncomplete`, `PackUnreadable`, `PackProviderUnavailable`."""
        side = _side(side_px)
        models = load_models(directory, name, providers, threads, side)
        return cls(_info(directory, name, licence, models.dimension), models, side)

    def find(self, picture: Pixels) -> list[FoundFace]:
        with working(self.info.name):
            large = self._detect(picture, self._side_px, 0)
            middle = self._detect(picture, MIDDLE_SIDE_PX, 0)
            small = self._detect(picture, SMALL_SIDE_PX, SMALL_MARGIN_PX)
        return strongest([*large, *middle, *small], lambda one: one.detector_score, OVERLAP)

    def embed(self, crops: Sequence[FaceCrop]) -> Templates:
        batches = [crops[start : start + self._models.batch] for start in range(0, len(crops), self._models.batch)]
        with working(self.info.name):
            made = [self._models.recogniser.get_feat([_aligned(crop) for crop in batch]) for batch in batches]
        if not made:
            return np.empty((0, self.info.dimension), np.float32)
        vectors = np.concatenate(made).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    def _detect(self, picture: Pixels, side: int, margin: int) -> list[FoundFace]:
        canvas, factor = _canvas(picture, side, margin)
        boxes, points = self._models.detector.detect(canvas, input_size=(side, side))
        return [_found(box, five, margin, factor) for box, five in zip(boxes, points, strict=True)]


def _info(directory: Path, name: str, licence: str, dimension: int) -> PackInfo:
    parts = {f"file {file.name}": file_digest(file) for file in sorted(directory.glob("*.onnx"))} | {
        "alignment": f"arcface five points, {SIDE} px",
        "preprocessing": "insightface.model_zoo.ArcFaceONNX",
        "centring": "none",
        "dimension": str(dimension),
    }
    return PackInfo(name, pack_id(parts), dimension, licence, LIMITS, LandmarkScheme.ARCFACE, QUALITY)


def _side(side_px: int) -> int:
    """SCRFD wants a multiple of its largest stride."""
    return max(SMALL_SIDE_PX, side_px // 32 * 32)


def _canvas(picture: Pixels, side: int, margin: int) -> tuple[Pixels, float]:
    """``picture`` in BGR, scaled into a black square of ``side`` px, ``margin`` px from its left and top; the scale.

    insightface would scale by itself, but without averaging: from a large photo most pixels would not count.
    It comes to the same square whatever the photo, so that the memory needed does not grow with its sides.
    """
    height, width = picture.shape[:2]
    factor = (side - 2 * margin) / float(max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(picture, size, interpolation=method)
    canvas = np.zeros((side, side, 3), np.uint8)
    canvas[margin : margin + size[1], margin : margin + size[0]] = scaled[:, :, ::-1]
    return canvas, factor


def _found(box: NDArray[np.float32], points: NDArray[np.float32], margin: int, factor: float) -> FoundFace:
    left, top, right, bottom = ((float(edge) - margin) / factor for edge in box[:4])
    return FoundFace((left, top, right, bottom), np.asarray((points - margin) / factor, np.float32), float(box[4]))


def _aligned(crop: FaceCrop) -> Pixels:
    """BGR, as insightface's `norm_crop` makes it."""
    transform = similarity(crop.landmarks, POINTS)
    return np.ascontiguousarray(warp(crop.pixels, transform, SIDE)[:, :, ::-1])
