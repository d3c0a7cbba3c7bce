"""A small artificial set in the subject-and-age layout: six adults of a sample picture and six blends of two of them,
each at several "ages" made by size, turn, softness and light. It shows that the machinery runs, and nothing else.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from app.demo.sources import GROUP_PICTURE, people_of, sample_picture
from indexer.packs.base import Pack

AGES = (2, 5, 8, 11)
_FACE_PX = 90
_CROP = (240, 240)


def write_family(pack: Pack, folder: Path, ages: tuple[int, ...] = AGES) -> int:
    """Writes 001A02.jpg and so on; how many people."""
    people = portraits(pack)
    folder.mkdir(parents=True)
    for number, portrait in enumerate(people, start=1):
        for age in ages:
            rng = np.random.default_rng([number, age])
            letter = "b" if age == ages[-1] else ""
            _aged(portrait, rng).save(folder / f"{number:03}A{age:02}{letter}.jpg", quality=int(rng.integers(75, 95)))
    return len(people)


def portraits(pack: Pack) -> list[Image.Image]:
    """Twelve, each face of about the same size at the same place."""
    adults = []
    for person in people_of(pack, sample_picture(GROUP_PICTURE)):
        left, top, right, bottom = person.box
        scale = _FACE_PX / (bottom - top)
        picture = Image.fromarray(person.pixels)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        canvas = Image.new("RGB", _CROP, (120, 120, 120))
        middle = (left + right) / 2 * scale, (top + bottom) / 2 * scale
        canvas.paste(picture, (round(_CROP[0] / 2 - middle[0]), round(_CROP[1] / 2 - middle[1])))
        adults.append(canvas)
    blends = [Image.blend(one, two, 0.5) for one, two in zip(adults, adults[1:] + adults[:1], strict=True)]
    return adults + blends


def _aged(portrait: Image.Image, rng: np.random.Generator) -> Image.Image:
    turned = portrait.rotate(float(rng.uniform(-8, 8)), Image.Resampling.BICUBIC, fillcolor=(120, 120, 120))
    soft = turned.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 1))))
    lit = ImageEnhance.Brightness(soft).enhance(float(rng.uniform(0.8, 1.2)))
    side = int(rng.integers(220, 320))
    return lit.resize((side, side), Image.Resampling.BICUBIC)
