"""Faces in a picture by dlib's CNN detector, over a pyramid of sizes.

Source: dlib's `mmod_human_face_detector` and `loss_mmod` (D. King, "Max-margin object detection", arXiv 1502.00046).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.packs.base import Pixels
from indexer.packs.boxes import Edges, overlap
from indexer.packs.dlib_networks import DETECTOR_INPUT, MEANS, SCALE

WINDOW = 80  # px, the face size the network knows
STEP, FIRST = 8, 14  # the centre of score cell i is at 8 * i + 14 px
RATIO = 5 / 6  # of one size of the pyramid to the next
THRESHOLD = 0.0
OVERLAP = 0.33827149868  # dlib's own, from the detector's file: more shared area is the same face
MARGIN = WINDOW // 2  # px of nothing around the picture: a face at its edge still fills a window
SMALLEST_SIDE = 40  # px; below, a whole face no longer fits
MOST_PIXELS = 5_000_000  # of the doubled picture


@dataclass(frozen=True)
class Window:
    """A window that holds a face, in pixels of the picture searched; ``score`` above 0, without upper bound."""

    box: Edges
    score: float


class FaceDetector:
    """``session`` is an ONNX Runtime session of the detector. Safe to use from several threads."""

    def __init__(self, session: Any, side_px: int) -> None:
        self._session, self._side_px = session, side_px

    def find(self, picture: Pixels) -> list[Window]:
        """Every face, strongest first. The picture is scaled to ``side_px`` at most, then doubled while it is small."""
        factor = self._factor(picture)
        return _strongest([one for scaled, scale in _pyramid(picture, factor) for one in self._windows(scaled, scale)])

    def _factor(self, picture: Pixels) -> float:
        height, width = picture.shape[:2]
        factor = min(1.0, self._side_px / float(max(height, width)))
        return factor * 2 if 4 * factor * factor * height * width <= MOST_PIXELS else factor

    def _windows(self, scaled: Pixels, scale: float) -> Iterator[Window]:
        (scores,) = self._session.run(None, {DETECTOR_INPUT: network_input(scaled)})
        rows, columns = np.nonzero(scores[0, 0] > THRESHOLD)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            x, y = STEP * column + FIRST - MARGIN, STEP * row + FIRST - MARGIN
            half = WINDOW / 2
            score = float(scores[0, 0, row, column])
            edges = (x - half) / scale, (y - half) / scale, (x + half) / scale, (y + half) / scale
            yield Window(edges, score)


def network_input(picture: Pixels, margin: int = MARGIN) -> NDArray[np.float32]:
    """[1, 3, height, width], centred and scaled as in training, with ``margin`` px of zeros around it."""
    planes = ((picture.astype(np.float32) - MEANS) / np.float32(SCALE)).transpose(2, 0, 1)
    return np.pad(planes, ((0, 0), (margin, margin), (margin, margin)))[None]


def _pyramid(picture: Pixels, factor: float) -> Iterator[tuple[Pixels, float]]:
    """The picture at ``factor`` and ever smaller sizes, each with its scale to the picture."""
    height, width = picture.shape[:2]
    scaled, scale = picture, 1.0
    while max(height, width) * factor >= SMALLEST_SIDE:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        shrinks = size[0] < scaled.shape[1]
        scaled = np.asarray(
            cv2.resize(scaled, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8
        )
        scale = size[0] / width
        yield scaled, scale
        factor *= RATIO


def _strongest(windows: list[Window]) -> list[Window]:
    """Of windows that overlap too much, the strongest."""
    kept: list[Window] = []
    for window in sorted(windows, key=lambda one: -one.score):
        if all(overlap(window.box, other.box) <= OVERLAP for other in kept):
            kept.append(window)
    return kept
