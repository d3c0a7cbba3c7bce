"""Street scenes composed from a seed: drawn streets with a few of the sample people in them."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from app.demo.sources import Person

SIZE = (960, 720)
FACE_HEIGHTS = (70, 190)  # pixels of the face's box in the scene
TURN_DEGREES = 12
STREET_COLOURS = ((94, 102, 112), (141, 128, 110), (112, 98, 84), (84, 104, 90), (150, 146, 138))


@dataclass(frozen=True)
class Scene:
    """A composed photo (JPEG) and the numbers of the people in it."""

    jpeg: bytes
    people: tuple[int, ...]


def compose_scenes(people: list[Person], count: int, seed: int) -> list[Scene]:
    """``count`` different scenes; the same seed gives the same bytes."""
    return [_scene(people, np.random.default_rng([seed, number])) for number in range(count)]


def harder_reference(person: Person, seed: int) -> bytes:
    """One person as an old, poor print: small, turned, faded, soft and badly scanned. JPEG."""
    rng = np.random.default_rng([seed, person.number])
    scene = _street(rng, (420, 480))
    _paste(scene, person, rng, centre=(210, 240), face_height=int(rng.integers(80, 100)))
    faded = ImageEnhance.Color(ImageEnhance.Contrast(scene).enhance(0.55)).enhance(0.3)
    return _jpeg(faded.filter(ImageFilter.GaussianBlur(1.6)), quality=int(rng.integers(35, 50)))


def _scene(people: list[Person], rng: Generator) -> Scene:
    chosen = rng.choice(len(people), size=int(rng.integers(1, 4)), replace=False)
    scene = _street(rng, SIZE)
    for place, index in enumerate(chosen):
        slot = SIZE[0] / len(chosen)
        centre = (int(slot * (place + 0.5)), int(rng.integers(260, 460)))
        _paste(scene, people[index], rng, centre, int(rng.integers(*FACE_HEIGHTS)))
    jpeg = _jpeg(_weather(scene, rng), quality=int(rng.integers(60, 92)))
    return Scene(jpeg, tuple(sorted(people[index].number for index in chosen)))


def _street(rng: Generator, size: tuple[int, int]) -> Image.Image:
    """Walls, a pavement, windows and grain: enough texture that a detector has something to refuse."""
    width, height = size
    image = Image.new("RGB", size, STREET_COLOURS[rng.integers(len(STREET_COLOURS))])
    draw = ImageDraw.Draw(image)
    for _ in range(24):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        w, h = int(rng.integers(20, width // 4)), int(rng.integers(20, height // 3))
        shade = tuple(int(value) for value in rng.integers(60, 190, 3))
        draw.rectangle((x, y, x + w, y + h), fill=shade)
    horizon = int(height * rng.uniform(0.7, 0.85))
    draw.polygon([(0, horizon), (width, horizon - 20), (width, height), (0, height)], fill=(88, 86, 84))
    grain = rng.normal(0, 6, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def _paste(scene: Image.Image, person: Person, rng: Generator, centre: tuple[int, int], face_height: int) -> None:
    factor = face_height / (person.box[3] - person.box[1])
    height, width = person.pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    face = Image.fromarray(person.pixels).resize(size, Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        face = face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turn = float(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    soft = _soft_edge(size).rotate(turn, Image.Resampling.BICUBIC)
    corner = (centre[0] - size[0] // 2, centre[1] - size[1] // 2)
    scene.paste(face.rotate(turn, Image.Resampling.BICUBIC), corner, soft)


def _soft_edge(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (size[0] * 0.08, size[1] * 0.05, size[0] * 0.92, size[1] * 0.95), radius=size[0] * 0.3, fill=255
    )
    return mask.filter(ImageFilter.GaussianBlur(size[0] * 0.03))


def _weather(scene: Image.Image, rng: Generator) -> Image.Image:
    lit = ImageEnhance.Brightness(scene).enhance(float(rng.uniform(0.75, 1.2)))
    return lit.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.0, 1.2))))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    with io.BytesIO() as file:
        image.save(file, "JPEG", quality=quality)
        return file.getvalue()
