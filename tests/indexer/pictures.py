"""Pictures for tests, drawn or composed from a seed: nothing real lies in the repository."""

import io
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw

# The face of one of the six adults in insightface's t1.jpg, with some surroundings; pixels of that picture.
FACE_IN_T1 = (730, 280, 890, 490)


def jpeg(picture: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", **({"quality": 88} | options))
    return file.getvalue()


def texture(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Rectangles and noise: no face, and no two alike."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", size, tuple(rng.integers(60, 190, 3).tolist()))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        draw.rectangle([x, y, x + rng.integers(20, 160), y + rng.integers(20, 120)], tuple(rng.integers(0, 255, 3)))
    noise = rng.integers(-12, 13, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(picture, np.int16) + noise, 0, 255).astype(np.uint8))


def drawn_photo(seed: int = 0, size: tuple[int, int] = (480, 360)) -> bytes:
    """A photo without a face."""
    return jpeg(texture(seed, size))


def photo_with_exif(seed: int = 0) -> bytes:
    """Taken at 2024-05-06 07:08:09, at 48.5 north and 2.25 east, as a camera would write it."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", (48.0, 30.0, 0.0)
    place[ExifTags.GPS.GPSLongitudeRef], place[ExifTags.GPS.GPSLongitude] = "E", (2.0, 15.0, 0.0)
    return jpeg(texture(seed), exif=exif)


def face_photo(seed: int, faces: int = 1) -> bytes:
    """A 480 px photo with one adult's face pasted onto a texture, each time elsewhere, otherwise large and turned."""
    rng = np.random.default_rng([7, seed])
    picture = texture(seed)
    for number in range(faces):
        height = int(rng.integers(150, 190))
        face = Image.fromarray(_face())
        face = face.resize((round(face.width * height / face.height), height), Image.Resampling.LANCZOS)
        left = int(rng.integers(5, picture.width // faces - face.width - 5)) + number * (picture.width // faces)
        picture.paste(face, (left, int(rng.integers(5, picture.height - height - 5))))
    return jpeg(picture)


@cache
def _face() -> NDArray[np.uint8]:
    spec = find_spec("insightface")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "data" / "images"
    with Image.open(folder / "t1.jpg") as group:
        return np.asarray(group.convert("RGB").crop(FACE_IN_T1))
