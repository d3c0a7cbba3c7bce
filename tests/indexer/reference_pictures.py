"""Pictures as parents bring them, cut from insightface's own sample of six adults: one face, three, none."""

import numpy as np
from PIL import Image, ImageFilter

from app.demo.sources import GROUP_PICTURE, sample_picture
from tests.drawn import drawn_photo, encoded

# Where three of the six stand, with surroundings: left, top, right, bottom in pixels of the sample.
PLACES = ((395, 236, 615, 456), (843, 17, 1063, 237), (196, 97, 416, 317))


def person(number: int) -> Image.Image:
    left, top, right, bottom = PLACES[number]
    return Image.fromarray(np.ascontiguousarray(sample_picture(GROUP_PICTURE)[top:bottom, left:right]))


def one_face(number: int = 0) -> bytes:
    return encoded(person(number))


def three_faces() -> bytes:
    """Three people side by side."""
    row = Image.new("RGB", (660, 220))
    for number in range(3):
        row.paste(person(number), (220 * number, 0))
    return encoded(row)


def no_face(width: int = 320, height: int = 240) -> bytes:
    return encoded(drawn_photo(width, height, seed=5))


def blurred_face() -> bytes:
    return encoded(person(0).filter(ImageFilter.GaussianBlur(4)))
