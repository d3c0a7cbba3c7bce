"""Any InsightFace-format pack folder, through `insightface.app.FaceAnalysis`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import PackIncomplete, PackMissing, PackUnreadable
from indexer.packs.alignment import similarity, warp
from indexer.packs.base import FaceCrop, FoundFace, LandmarkScheme, PackInfo, Pixels, QualityThresholds, Templates
from indexer.packs.boxes import overlap
from indexer.packs.identity import file_digest, pack_id
from indexer.packs.onnx_session import load_failures, require_available, require_loaded

SIDE = 112
# insightface.utils.face_align.arcface_dst: where the five points of an ArcFace crop lie.
POINTS = np.array([(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)])
DETECTOR_THRESHOLD = 0.5  # insightface's own
SMALL_SIDE_PX = 128  # a face that fills the picture is found at this size, not at the large one
PADDING = 0.5  # of the longer side around the picture, for the search at the small size
OVERLAP = 0.4  # insightface's own: boxes that share more are one face
BATCH = 32
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

    def __init__(
        self, info: PackInfo, detector: Any, recogniser: Any, sizes: list[tuple[int, int]], batch: int
    ) -> None:
        self.info = info
        self._detector, self._recogniser, self._sizes, self._batch = detector, recogniser, sizes, batch

    @classmethod
    def load(
        cls, directory: Path, name: str, licence: str, providers: Sequence[str], threads: int, side_px: int
    ) -> "InsightFacePack":
        """From an existing folder. `PackMissing`, `PackIncomplete`, `PackUnreadable`, `PackProviderUnavailable`."""
        if not directory.is_dir():  # insightface would go to the network for a name it does not find
            raise PackMissing(pack=name, path=directory)
        require_available(providers)
        models = _models(directory, name, providers, threads)
        for model in models.values():
            require_loaded(model.session, providers)
        dimension, batch = _tried(models["recognition"], directory, name)
        sizes = [(SMALL_SIDE_PX, SMALL_SIDE_PX), (_side(side_px), _side(side_px))]
        info = _info(directory, name, licence, dimension)
        return cls(info, models["detection"], models["recognition"], sizes, batch)

    def find(self, picture: Pixels) -> list[FoundFace]:
        bgr = np.ascontiguousarray(picture[:, :, ::-1])
        faces = [*self._detect(bgr, self._sizes[1], 0), *self._detect(bgr, self._sizes[0], _padding(picture))]
        return _distinct(faces)

    def embed(self, crops: Sequence[FaceCrop]) -> Templates:
        batches = [crops[start : start + self._batch] for start in range(0, len(crops), self._batch)]
        made = [self._recogniser.get_feat([_aligned(crop) for crop in batch]) for batch in batches]
        if not made:
            return np.empty((0, self.info.dimension), np.float32)
        vectors = np.concatenate(made).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    def _detect(self, bgr: Pixels, size: tuple[int, int], padding: int) -> list[FoundFace]:
        searched = np.pad(bgr, ((padding, padding), (padding, padding), (0, 0))) if padding else bgr
        boxes, points = self._detector.detect(searched, input_size=size)
        return [_found(box, five, padding) for box, five in zip(boxes, points, strict=True)]


def _models(directory: Path, name: str, providers: Sequence[str], threads: int) -> dict[str, Any]:
    import onnxruntime
    from google.protobuf.message import DecodeError
    from insightface.app import FaceAnalysis

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    tasks = ["detection", "recognition"]
    try:
        analysis = FaceAnalysis(
            name=str(directory), allowed_modules=tasks, providers=list(providers), sess_options=options
        )
    except AssertionError as error:  # how insightface says that no detector was there
        raise PackIncomplete(pack=name, part="detection") from error
    except (DecodeError, *load_failures(), ValueError) as error:
        raise PackUnreadable(file=directory.name, pack=name, reason="a model in it is no ONNX file") from error
    for task in tasks:
        if task not in analysis.models:
            raise PackIncomplete(pack=name, part=task)
    analysis.prepare(ctx_id=0, det_thresh=DETECTOR_THRESHOLD, det_size=[(SMALL_SIDE_PX, SMALL_SIDE_PX)])
    return dict(analysis.models)


def _tried(recogniser: Any, directory: Path, name: str) -> tuple[int, int]:
    """The dimension of its vectors, and how many faces it may be given at once. `PackUnreadable`."""
    dull, striped = np.full((SIDE, SIDE, 3), 90, np.uint8), np.zeros((SIDE, SIDE, 3), np.uint8)
    striped[::2] = 255
    try:
        alone = recogniser.get_feat([dull])[0]
    except load_failures() as error:
        raise PackUnreadable(file=directory.name, pack=name, reason="its recognition model does not run") from error
    try:
        together = recogniser.get_feat([dull, striped])[0]
    except load_failures():  # made for one face at a time
        return alone.shape[-1], 1
    # Dynamic quantisation makes a face's vector depend on the other faces of its batch (on mbf-int8 the two score .99),
    # but a template must be the same whoever else is in the photo.
    independent = np.linalg.norm(together - alone) < 0.01 * np.linalg.norm(alone)
    return alone.shape[-1], BATCH if independent else 1


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


def _padding(picture: Pixels) -> int:
    return int(max(picture.shape[:2]) * PADDING)


def _found(box: NDArray[np.float32], points: NDArray[np.float32], padding: int) -> FoundFace:
    left, top, right, bottom, score = (float(value) for value in box)
    edges = (left - padding, top - padding, right - padding, bottom - padding)
    return FoundFace(edges, np.asarray(points - padding, np.float32), score)


def _distinct(faces: list[FoundFace]) -> list[FoundFace]:
    """Strongest first; of boxes that overlap too much, the strongest."""
    kept: list[FoundFace] = []
    for face in sorted(faces, key=lambda one: -one.detector_score):
        if all(overlap(face.box, other.box) <= OVERLAP for other in kept):
            kept.append(face)
    return kept


def _aligned(crop: FaceCrop) -> Pixels:
    """BGR, as insightface's `norm_crop` makes it."""
    transform = similarity(crop.landmarks, POINTS)
    return np.ascontiguousarray(warp(crop.pixels, transform, SIDE)[:, :, ::-1])
