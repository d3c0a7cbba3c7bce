"""Two faces as people compare them: upright, of one size, the eyes at one height. Nothing is made up in between."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.images import BLANK_GREY, Box
from indexer.packs.base import Landmarks, LandmarkScheme, Pixels
from indexer.quality import eyes_and_nose

WIDTH, HEIGHT = 720, 900
BOX_HEIGHT = 0.5 * HEIGHT
"""The detector's box, brow to chin, takes half the picture: hair, ears and neck are seen around it."""
EYES_AT = (WIDTH / 2, 0.44 * HEIGHT)


def comparable(crop: Pixels, box: Box, landmarks: Landmarks, scheme: LandmarkScheme) -> Pixels:
    """``crop`` turned until the eyes are level, scaled by its ``box`` and moved: shape (`HEIGHT`, `WIDTH`, 3).

    ``box`` and ``landmarks`` are in the crop's pixels. By the box and not by the distance of the eyes, which shrinks as
    a head turns. Where the crop ends there is grey. ValueError for a box without height.
    """
    tall = box[3] - box[1]
    if not tall > 0:
        msg = f"the box {box} has no height"
        raise ValueError(msg)
    left, right, _ = eyes_and_nose(landmarks, scheme)
    back = _crop_from_canvas((left + right) / 2, right - left, tall / BOX_HEIGHT)
    canvas = Image.fromarray(crop).transform(
        (WIDTH, HEIGHT),
        Image.Transform.AFFINE,
        tuple(back.ravel().tolist()),
        Image.Resampling.BICUBIC,
        fillcolor=(BLANK_GREY,) * 3,
    )
    return np.asarray(canvas)


def _crop_from_canvas(middle: NDArray[np.float64], along: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Where in the crop each place of the canvas comes from: an affine map, shape (2, 3)."""
    across, down = along / max(float(np.linalg.norm(along)), 1e-9) * scale
    turn = np.array([[across, -down], [down, across]])
    return np.column_stack([turn, middle - turn @ np.array(EYES_AT)])
