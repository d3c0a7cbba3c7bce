"""Drawn pictures without any face, the same from the same seed: what dlib and our conversion of it are both given."""

import hashlib

import numpy as np
from numpy.typing import NDArray

SHAPES = 30


def drawing(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """Soft ellipses of many colours, RGB [height, width, 3].

    Whole numbers only, from numpy's frozen legacy generator: the same bytes on every machine and in every version.
    """
    pick = np.random.RandomState(seed).randint
    picture = np.empty((height, width, 3), np.int64)
    picture[:] = pick(0, 256, 3)
    y, x = np.mgrid[:height, :width]
    for _ in range(SHAPES):
        centre_x, centre_y = pick(width), pick(height)
        across, down = pick(3, width // 5, 2)
        inside = (x - centre_x) ** 2 * down**2 + (y - centre_y) ** 2 * across**2 <= (across * down) ** 2
        picture[inside] = pick(0, 256, 3)
    return _softened(_softened(picture)).astype(np.uint8)


def _softened(picture: NDArray[np.int64]) -> NDArray[np.int64]:
    """The mean of 3 x 3 pixels, rounded down."""
    height, width = picture.shape[:2]
    framed = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return sum(framed[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)) // 9


def digest(picture: NDArray[np.uint8]) -> str:
    """SHA-256 (hex) of the pixels: that the picture compared is the picture dlib was given."""
    return hashlib.sha256(picture.tobytes()).hexdigest()
