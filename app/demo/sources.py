"""The only faces the demo has: two sample pictures that come with insightface. None is ever stored in this project."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from indexer.packs.base import Pack, Pixels

GROUP_PICTURE = "t1.jpg"  # six adults
STRANGER_PICTURE = "Tom_Hanks_54745.png"  # a seventh, who is in no scene


@dataclass(frozen=True)
class Person:
    """One adult of a sample picture: the face with generous surroundings, and the box of the face within."""

    number: int
    pixels: Pixels
    box: tuple[float, float, float, float]


def sample_picture(name: str) -> Pixels:
    """A picture from insightface's own package, RGB."""
    spec = find_spec("insightface")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "data" / "images"
    with Image.open(folder / name) as image:
        return np.asarray(image.convert("RGB"))


def people_of(pack: Pack, picture: Pixels) -> list[Person]:
    """Every face of ``picture``, left to right, each with 60 % around its box."""
    faces = sorted(pack.find(picture), key=lambda face: face.box[0])
    return [_cut(number, picture, face.box) for number, face in enumerate(faces)]


def _cut(number: int, picture: Pixels, box: tuple[float, float, float, float]) -> Person:
    left, top, right, bottom = box
    margin_x, margin_y = 0.6 * (right - left), 0.6 * (bottom - top)
    height, width = picture.shape[:2]
    x0, y0 = max(0, int(left - margin_x)), max(0, int(top - margin_y))
    x1, y1 = min(width, int(right + margin_x)), min(height, int(bottom + margin_y))
    within = (left - x0, top - y0, right - x0, bottom - y0)
    return Person(number, np.ascontiguousarray(picture[y0:y1, x0:x1]), within)
