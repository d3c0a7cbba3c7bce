"""Drawn pictures without any face, the same from the same seed: what dlib and our conversion of it are both given."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter


def drawing(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """Soft shapes of many colours, RGB [height, width, 3]."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), tuple(int(value) for value in rng.integers(0, 255, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        size = int(rng.integers(5, max(6, width // 3)))
        colour = tuple(int(value) for value in rng.integers(0, 255, 3))
        draw.ellipse((x, y, x + size, y + int(size * rng.uniform(0.4, 1.6))), fill=colour)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)))
