"""Two faces as people compare them: upright, of one size, eyes at one height. Nothing is made up in between."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.images import BLANK_GREY, Box
from indexer.packs.base import Landmarks, LandmarkScheme, Pixels
from indexer.quality import eyes_and_nose

Point = NDArray[np.float64]

WIDTH, HEIGHT = 720, 900
EYES_AT = (WIDTH / 2, 0.44 * HEIGHT)
DOWN_TO = {LandmarkScheme.ARCFACE: 0.185 * HEIGHT, LandmarkScheme.DLIB: 0.14 * HEIGHT}
"""How far below the eyes the middle of the mouth lies, and the base of the nose where a pack does not find the mouth.

Hair, ears, chin and neck are seen around. The two are so that a face has one size whichever pack found it.
"""
DOWN_OF_BOX = (0.2, 0.5)
"""What that distance may be of the height of the detector's box: a landmark that is far off must not lose the face."""


def comparable(crop: Pixels, box: Box, landmarks: Landmarks, scheme: LandmarkScheme) -> Pixels:
    """``crop`` turned, scaled and moved until its eyes and mouth lie where every face's do: (`HEIGHT`, `WIDTH`, 3).

    ``box`` and ``landmarks`` are in the crop's pixels. Scaled by how far the mouth is below the line of the eyes: the
    distance of the eyes shrinks as a head turns to the side, and boxes of one face differ by more. Where the crop ends
    there is grey. ValueError for a box without height.
    """
    tall = box[3] - box[1]
    if not tall > 0:
        msg = f"the box {box} has no height"
        raise ValueError(msg)
    left, right, nose = eyes_and_nose(landmarks, scheme)
    below = np.asarray(landmarks, np.float64)[3:5].mean(axis=0) if scheme is LandmarkScheme.ARCFACE else nose
    middle, along = (left + right) / 2, _direction(right - left)
    down = float(np.clip(abs(_across(along, below - middle)), DOWN_OF_BOX[0] * tall, DOWN_OF_BOX[1] * tall))
    back = _crop_from_canvas(middle, along, down / DOWN_TO[scheme])
    canvas = Image.fromarray(crop).transform(
        (WIDTH, HEIGHT),
        Image.Transform.AFFINE,
        tuple(back.ravel().tolist()),
        Image.Resampling.BICUBIC,
        fillcolor=(BLANK_GREY,) * 3,
    )
    return np.asarray(canvas)


def _direction(step: Point) -> Point:
    """Of length one; level where both eyes are one point."""
    length = float(np.linalg.norm(step))
    return step / length if length > 0 else np.array([1.0, 0.0])


def _across(along: Point, step: Point) -> float:
    """How far ``step`` leads away from the line that runs ``along``."""
    return float(along[0] * step[1] - along[1] * step[0])


def _crop_from_canvas(middle: Point, along: Point, scale: float) -> NDArray[np.float64]:
    """Where in the crop each place of the canvas comes from: an affine map, shape (2, 3)."""
    across, down = along * scale
    turn = np.array([[across, -down], [down, across]])
    return np.column_stack([turn, middle - turn @ np.array(EYES_AT)])
