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
from indexer.packs.boxes import Edges, strongest
from indexer.packs.dlib_graphs import INPUT
from indexer.packs.dlib_networks import MEANS

WINDOW = 80  # px, the face size the network knows
STEP, FIRST = 8, 14  # the centre of score cell i is at 8 * i + 14 px
RATIO = 5 / 6  # of one size of the pyramid to the next
THRESHOLD = 0.0
OVERLAP = 0.3382761351109955  # dlib's own, from the detector's file: windows that share more are of the same face
MARGIN = 16  # px of the mean colour around the picture, for faces at its edge; dlib has 11 of black
SMALLEST_SIDE = 56  # px of the longer side: down to faces that are larger than the picture
MOST_PIXELS = 5_000_000  # of the doubled picture
_MEAN_COLOUR = tuple(round(float(mean)) for mean in MEANS)


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
        windows = [one for scaled, scale in _pyramid(picture, factor) for one in self._windows(scaled, scale)]
        return strongest(windows, lambda one: one.score, OVERLAP)

    def _factor(self, picture: Pixels) -> float:
        height, width = picture.shape[:2]
        factor = min(1.0, self._side_px / float(max(height, width)))
        return factor * 2 if 4 * factor * factor * height * width <= MOST_PIXELS else factor

    def score_map(self, picture: Pixels) -> NDArray[np.float32]:
        """The network's score of every window of ``picture`` at its own size, shape (rows, columns)."""
        (scores,) = self._session.run(None, {INPUT: picture[None]})
        return np.asarray(scores[0, 0], np.float32)

    def _windows(self, scaled: Pixels, scale: float) -> Iterator[Window]:
        border = (MARGIN,) * 4
        scores = self.score_map(
            np.asarray(cv2.copyMakeBorder(scaled, *border, cv2.BORDER_CONSTANT, value=_MEAN_COLOUR), np.uint8)
        )
        half = WINDOW / 2
        for row, column in np.argwhere(scores > THRESHOLD).tolist():
            x, y = STEP * column + FIRST - MARGIN, STEP * row + FIRST - MARGIN
            edges = (x - half) / scale, (y - half) / scale, (x + half) / scale, (y + half) / scale
            yield Window(edges, float(scores[row, column]))


def _pyramid(picture: Pixels, factor: float) -> Iterator[tuple[Pixels, float]]:
    """The picture at ``factor`` and ever smaller sizes, each made from the one before, with its scale to the picture.

    One run per size: the network's time is in the pixels, not in the calls, so sizes tiled into one picture, as dlib
    does it, would save little and need the memory of all of them at once.
    """
    height, width = picture.shape[:2]
    scaled = picture
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR  # from full resolution many pixels become one
    while max(height, width) * factor >= SMALLEST_SIDE:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        scaled = np.asarray(cv2.resize(scaled, size, interpolation=method), np.uint8)
        yield scaled, size[0] / width
        factor, method = factor * RATIO, cv2.INTER_LINEAR
