"""The `open` pack: dlib's public CC0 networks on ONNX Runtime, from the files that `open_conversion` made."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.packs import dlib_alignment, dlib_graphs
from indexer.packs.base import (
    FaceCrop,
    FoundFace,
    Landmarks,
    LandmarkScheme,
    PackInfo,
    Pixels,
    QualityThresholds,
    Templates,
)
from indexer.packs.face_detector import FaceDetector
from indexer.packs.identity import pack_id
from indexer.packs.onnx_session import open_session, working
from indexer.packs.open_conversion import DETECTOR, EMBEDDER, LANDMARKS, NAME, PARTS, check
from indexer.packs.shape_predictor import ShapePredictor

DIMENSION = 128
LICENCE = "CC0-1.0 (public domain), Davis E. King's dlib models"
LIMITS = "trained on adults: weak on children and on Asian faces; a real deployment installs a stronger pack"
PREPROCESSING = "dlib (rgb - (122.782, 117.001, 104.298)) / 256"
BATCH = 32

# The three `enrol_*` limits keep a face out; the others only warn, and were chosen by judgement.
QUALITY = QualityThresholds(
    sharpness=60.0,
    dark_share=0.5,
    bright_share=0.4,
    inter_eye_px=35.0,  # aligned, the eye centres are 53 px apart: a smaller face reaches the network enlarged
    enrol_inter_eye_px=20.0,
    yaw_degrees=35.0,
    enrol_yaw_degrees=60.0,  # beyond, the far eye is hidden and its corners are guessed
    roll_degrees=35.0,
    detector_score=0.3,  # dlib's scale: 0 is its own threshold; there is no upper bound
    enrol_detector_score=0.0,
)


class OpenPack:
    """dlib's detector, landmarks and ResNet-29. Templates are centred by a fixed mean, then brought to unit length."""

    def __init__(self, info: PackInfo, detector: FaceDetector, landmarks: ShapePredictor, embedder: Any) -> None:
        self.info = info
        self._detector, self._landmarks, self._embedder = detector, landmarks, embedder

    @classmethod
    def load(cls, directory: Path, providers: Sequence[str], threads: int, side_px: int) -> "OpenPack":
        """From the converted files in ``directory``, digests checked. `PackDamaged`, `PackProviderUnavailable`."""
        check(directory)
        detector = FaceDetector(open_session(directory / DETECTOR.made, NAME, providers, threads), side_px)
        landmarks = ShapePredictor.load(directory / LANDMARKS.made)
        embedder = open_session(directory / EMBEDDER.made, NAME, providers, threads)
        return cls(_info(), detector, landmarks, embedder)

    def find(self, picture: Pixels) -> list[FoundFace]:
        with working(NAME):
            windows = self._detector.find(picture)
            return [FoundFace(one.box, self.landmarks_in(picture, one.box), one.score) for one in windows]

    def landmarks_in(self, picture: Pixels, box: tuple[float, float, float, float]) -> Landmarks:
        """The five points of the face in ``box``, in pixels of ``picture``."""
        return self._landmarks.landmarks(picture, box)

    def embed(self, crops: Sequence[FaceCrop]) -> Templates:
        with working(NAME):
            centred = self.embed_raw(crops) - open_mean()
        return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), np.float32)

    def embed_raw(self, crops: Sequence[FaceCrop]) -> NDArray[np.float32]:
        """dlib's own vectors, shape (n, 128); it compares them by Euclidean distance, 0.6 being its usual threshold."""
        batches = [crops[start : start + BATCH] for start in range(0, len(crops), BATCH)]
        made = [self.embed_aligned([dlib_alignment.align(crop) for crop in batch]) for batch in batches]
        return np.concatenate(made) if made else np.empty((0, DIMENSION), np.float32)

    def embed_aligned(self, pictures: Sequence[Pixels]) -> NDArray[np.float32]:
        """dlib's vectors of faces already cut to 150 x 150."""
        (vectors,) = self._embedder.run(None, {dlib_graphs.INPUT: np.stack(pictures)})
        return np.asarray(vectors, np.float32)


def _info() -> PackInfo:
    parts = {f"file {part.source}": part.digest for part in PARTS} | {
        "alignment": dlib_alignment.DESCRIPTION,
        "preprocessing": PREPROCESSING,
        "centring": json.dumps(open_mean().tolist()),
        "dimension": str(DIMENSION),
    }
    return PackInfo(NAME, pack_id(parts), DIMENSION, LICENCE, LIMITS, LandmarkScheme.DLIB, QUALITY)


@cache
def open_mean() -> NDArray[np.float32]:
    """The mean of raw vectors over many faces, shape (128,): no one's template. `open_mean.json` says of how many.

    Raw cosines of strangers average .84, because every vector shares a large common part; without it they spread.
    """
    content = json.loads((resources("indexer.packs") / "open_mean.json").read_text())
    return np.array(content["mean"], np.float32)
