"""Street scenes with one person each, composed from tight crops by a seed: what a detector would meet."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tests.indexer.pictures import texture

SIZE = (640, 480)
SIDES_PX = (110, 260)
TURN_DEGREES = 15


def compose(
    faces: Path, folder: Path, people: int | None = None, size: tuple[int, int] = SIZE, seed: int = 0
) -> list[Path]:
    """A scene for each crop of the first ``people`` in ``faces`` (PERSON/*.jpg), written to FOLDER/PERSON/*.jpg."""
    return list(_composed(faces, folder, people, size, seed))


def _composed(faces: Path, folder: Path, people: int | None, size: tuple[int, int], seed: int) -> Iterator[Path]:
    for person in sorted(path for path in faces.iterdir() if path.is_dir())[:people]:
        (folder / person.name).mkdir(parents=True)
        for number, crop in enumerate(sorted(person.glob("*.jpg"))):
            rng = np.random.default_rng([seed, *person.name.encode(), number])
            file = folder / person.name / crop.name
            with Image.open(crop) as face:
                scene = _scene(face.convert("RGB"), size, rng)
            scene.save(file, quality=int(rng.integers(60, 95)))
            yield file


def _scene(face: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    scene = texture(int(rng.integers(2**31)), size)
    side = int(rng.integers(SIDES_PX[0], min(SIDES_PX[1], size[1])))
    turn = float(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    edge = Image.new("L", (side, side), 0)
    edge.paste(255, (side // 20, side // 20, side - side // 20, side - side // 20))
    edge = edge.filter(ImageFilter.GaussianBlur(side / 40)).rotate(turn, Image.Resampling.BICUBIC)
    pasted = face.resize((side, side), Image.Resampling.BICUBIC).rotate(turn, Image.Resampling.BICUBIC)
    corner = int(rng.integers(0, size[0] - side)), int(rng.integers(0, size[1] - side))
    scene.paste(pasted, corner, edge)
    return scene.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 0.8))))
