"""The `open` pack: dlib's public CC0 networks, converted once and run on ONNX Runtime.

Its three files come with the PyPI package `face_recognition_models`. They are found by its metadata and read as files;
the package itself is never imported, since it needs `pkg_resources`, which new setuptools no longer has.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import PackDamaged, PackSourceMissing, PackUnreadable
from indexer.packs import dlib_alignment, dlib_networks
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
from indexer.packs.dlib_format import FormatError
from indexer.packs.face_detector import FaceDetector, network_input
from indexer.packs.identity import file_digest, pack_id
from indexer.packs.onnx_session import open_session
from indexer.packs.shape_predictor import ShapePredictor, read_shape_predictor

NAME = "open"
DIMENSION = 128
LICENCE = "CC0-1.0 (public domain), Davis E. King's dlib models"
LIMITS = "trained on adults: weak on children and on Asian faces; a real deployment installs a stronger pack"
PREPROCESSING = "dlib (rgb - (122.782, 117.001, 104.298)) / 256"
MANIFEST = "converted.json"
BATCH = 32
_PACKAGE = "face_recognition_models"
_REMEDY = f"install the Python package {_PACKAGE} 0.3.0 again"


@dataclass(frozen=True)
class _Part:
    """One of dlib's files and what it is converted to."""

    source: str
    made: str
    convert: Callable[[bytes, Path], None]


def _convert_detector(data: bytes, file: Path) -> None:
    file.write_bytes(dlib_networks.detector_model(dlib_networks.read_detector(data)))


def _convert_embedder(data: bytes, file: Path) -> None:
    file.write_bytes(dlib_networks.embedder_model(*dlib_networks.read_embedder(data)))


def _convert_landmarks(data: bytes, file: Path) -> None:
    read_shape_predictor(data).save(file)


_DETECTOR = _Part("mmod_human_face_detector.dat", "detector.onnx", _convert_detector)
_LANDMARKS = _Part("shape_predictor_5_face_landmarks.dat", "landmarks.npz", _convert_landmarks)
_EMBEDDER = _Part("dlib_face_recognition_resnet_model_v1.dat", "embedder.onnx", _convert_embedder)
PARTS = (_DETECTOR, _LANDMARKS, _EMBEDDER)

QUALITY = QualityThresholds(
    sharpness=60.0,
    dark_share=0.5,
    bright_share=0.4,
    inter_eye_px=35.0,  # docs: 20 to 35 px between the eyes is low
    enrol_inter_eye_px=20.0,
    yaw_degrees=35.0,
    enrol_yaw_degrees=60.0,
    roll_degrees=35.0,
    detector_score=0.3,  # dlib's scale: 0 is its own threshold, a clear face has about 1
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
        manifest = _verified_manifest(directory)
        detector = FaceDetector(open_session(directory / _DETECTOR.made, NAME, providers, threads), side_px)
        landmarks = ShapePredictor.load(directory / _LANDMARKS.made)
        embedder = open_session(directory / _EMBEDDER.made, NAME, providers, threads)
        return cls(_info(manifest["sources"]), detector, landmarks, embedder)

    def find(self, picture: Pixels) -> list[FoundFace]:
        windows = self._detector.find(picture)
        return [FoundFace(one.box, self.landmarks_in(picture, one.box), one.score) for one in windows]

    def landmarks_in(self, picture: Pixels, box: tuple[float, float, float, float]) -> Landmarks:
        """The five points of the face in ``box``, in pixels of ``picture``."""
        return self._landmarks.landmarks(picture, box)

    def embed(self, crops: Sequence[FaceCrop]) -> Templates:
        centred = self.embed_raw(crops) - open_mean()
        return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), np.float32)

    def embed_raw(self, crops: Sequence[FaceCrop]) -> NDArray[np.float32]:
        """dlib's own vectors, shape (n, 128); it compares them by Euclidean distance, 0.6 being its usual threshold."""
        batches = [crops[start : start + BATCH] for start in range(0, len(crops), BATCH)]
        made = [self.embed_aligned([dlib_alignment.align(crop) for crop in batch]) for batch in batches]
        return np.concatenate(made) if made else np.empty((0, DIMENSION), np.float32)

    def embed_aligned(self, pictures: Sequence[Pixels]) -> NDArray[np.float32]:
        """dlib's vectors of faces already cut to 150 x 150."""
        given = np.concatenate([network_input(picture, margin=0) for picture in pictures])
        (vectors,) = self._embedder.run(None, {dlib_networks.EMBEDDER_INPUT: given})
        return np.asarray(vectors, np.float32)


def source_directory() -> Path:
    """Where `face_recognition_models` keeps dlib's files. `PackSourceMissing`."""
    try:
        listed = files(_PACKAGE) or []
    except PackageNotFoundError:
        listed = []
    found = next((Path(str(one.locate())) for one in listed if one.name == _EMBEDDER.source), None)
    if found is None:
        raise PackSourceMissing(file=_EMBEDDER.source, pack=NAME, remedy=_REMEDY)
    return found.parent


def convert(source: Path, directory: Path) -> None:
    """Convert dlib's files once; what is already converted from the same bytes stays. `PackSourceMissing`."""
    sources = {part.source: _source_digest(source / part.source) for part in PARTS}
    if _converted(directory, sources):
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in PARTS:
        _convert_part(part, source, directory)
    made = {part.made: file_digest(directory / part.made) for part in PARTS}
    # The manifest comes last: a conversion that was cut short has none, and is done again.
    _replace(directory / MANIFEST, lambda file: _write_json(file, {"sources": sources, "files": made}))


def _source_digest(file: Path) -> str:
    if not file.is_file():
        raise PackSourceMissing(file=file.name, pack=NAME, remedy=_REMEDY)
    return file_digest(file)


def _converted(directory: Path, sources: dict[str, str]) -> bool:
    manifest = _read_manifest(directory)
    return manifest is not None and manifest["sources"] == sources


def _convert_part(part: _Part, source: Path, directory: Path) -> None:
    data = (source / part.source).read_bytes()
    try:
        _replace(directory / part.made, lambda file: part.convert(data, file))
    except (FormatError, ValueError, StopIteration) as error:
        raise PackUnreadable(file=part.source, pack=NAME, reason="it is not the file dlib published") from error


def _replace(file: Path, write: Callable[[Path], None]) -> None:
    """Write beside ``file``, then put it in place at once."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        write(aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=1, sort_keys=True))


def _read_manifest(directory: Path) -> dict[str, dict[str, str]] | None:
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
        return {"sources": dict(manifest["sources"]), "files": dict(manifest["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _verified_manifest(directory: Path) -> dict[str, dict[str, str]]:
    manifest = _read_manifest(directory)
    if manifest is None:
        raise PackDamaged(file=MANIFEST, pack=NAME, found="unreadable", expected="the record of a whole conversion")
    for part in PARTS:
        file, expected = directory / part.made, manifest["files"].get(part.made, "none")
        found = file_digest(file) if file.is_file() else "missing"
        if found != expected:
            raise PackDamaged(file=part.made, pack=NAME, found=found, expected=expected)
    return manifest


def _info(sources: dict[str, str]) -> PackInfo:
    parts = {f"file {name}": digest for name, digest in sources.items()} | {
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
