"""What a pack is: the seam between pictures and vectors, on one screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""An RGB picture, shape (height, width, 3)."""
Landmarks = NDArray[np.float32]
"""Five points (x, y) in pixels, shape (5, 2), in the order of the pack's scheme."""
Templates = NDArray[np.float32]
"""Unit vectors, shape (n, dimension). The inner product of two is the score, in [-1, 1]."""


class LandmarkScheme(StrEnum):
    """Which five points a pack's detector gives. Left and right are the viewer's, in the picture."""

    ARCFACE = "arcface"  # left eye, right eye, nose tip, left mouth corner, right mouth corner
    DLIB = "dlib"  # right eye outer, right eye inner, left eye outer, left eye inner, base of the nose


@dataclass(frozen=True)
class FoundFace:
    """One face as a pack's detector found it.

    ``box`` is (left, top, right, bottom) in pixels of the picture searched, and may reach over its edge.
    ``detector_score`` is on the pack's own scale (`QualityThresholds.detector_score` is on the same).
    """

    box: tuple[float, float, float, float]
    landmarks: Landmarks
    detector_score: float


@dataclass(frozen=True)
class FaceCrop:
    """A face cut from full resolution with its landmarks in the crop's own coordinates. Every pack aligns from it."""

    pixels: Pixels
    landmarks: Landmarks


@dataclass(frozen=True)
class QualityThresholds:
    """Where this pack stops trusting a face. A face beyond one is named `low`; beyond `enrol_*` it is not enrolled."""

    sharpness: float  # variance of the Laplacian of the face at 112 px, grey levels squared; below: blurred
    dark_share: float  # share of face pixels at grey level 25 or less; above: underexposed
    bright_share: float  # share of face pixels at grey level 230 or more; above: overexposed
    inter_eye_px: float  # distance of the eye centres in the source picture, pixels; below: small
    enrol_inter_eye_px: float  # below: stored, searchable only on request
    yaw_degrees: float  # absolute; above: turned
    enrol_yaw_degrees: float  # absolute; above: not enrolled
    roll_degrees: float  # absolute; above: tilted
    detector_score: float  # pack's own scale; below: weak
    enrol_detector_score: float  # pack's own scale; below: not enrolled


@dataclass(frozen=True)
class PackInfo:
    """A pack's passport.

    ``id`` is a SHA-256 (hex) over files, alignment, preprocessing, centring and dimension: templates with different
    ids are never compared.
    """

    name: str
    id: str
    dimension: int
    licence: str
    limits: str  # one sentence on what it is weak at, printed wherever the pack is used
    scheme: LandmarkScheme
    quality: QualityThresholds


class Pack(Protocol):
    """A detector and an embedder. Safe to use from several threads; pictures are never changed."""

    @property
    def info(self) -> PackInfo: ...

    def find(self, picture: Pixels) -> list[FoundFace]:
        """Every face in ``picture``, strongest first."""
        ...

    def embed(self, crops: Sequence[FaceCrop]) -> Templates:
        """One template per crop, in order; (0, dimension) for none."""
        ...
