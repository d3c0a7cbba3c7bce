"""Pictures that tests draw themselves: no real face is in the repository."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def drawn_photo(width=400, height=300, seed=0):
    """An RGB street-like picture: a gradient with coloured shapes, different for every seed."""
    random = np.random.default_rng(seed)
    across = np.linspace(0, 1, width)[None, :, None]
    down = np.linspace(0, 1, height)[:, None, None]
    ground = 40 + 150 * (random.random(3) * across + random.random(3) * down) / 2
    picture = Image.fromarray(ground.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(25):
        x, y = random.integers(-50, width), random.integers(-50, height)
        size = random.integers(10, max(12, min(width, height) // 2), 2)
        colour = tuple(int(level) for level in random.integers(0, 256, 3))
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x, y, x + int(size[0]), y + int(size[1])), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def encoded(picture, file_format="JPEG", **options):
    """The bytes of a file; JPEGs at quality 95 unless told."""
    file = io.BytesIO()
    if file_format == "JPEG":
        options = {"quality": 95, "subsampling": 0, **options}
    picture.save(file, file_format, **options)
    return file.getvalue()
