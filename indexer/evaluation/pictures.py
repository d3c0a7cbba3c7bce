"""A picture of a dataset, and the pictures in a folder."""

import os
from dataclasses import dataclass
from pathlib import Path

PICTURE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic"}
"""The last five are pictures that Homeward does not read: they count as failures to enrol, and not as no pictures."""


@dataclass(frozen=True)
class Picture:
    """``age`` in years when it was taken, None where unknown; ``sex`` and ``group`` as the dataset has them."""

    file: Path
    subject: str
    age: float | None = None
    sex: str | None = None
    group: str | None = None


def pictures_in(folder: Path) -> list[Path]:
    """Every picture in the folder and the folders in it, by what its name ends in; nothing hidden.

    Links are followed, to files and to folders: sets are large, and their owner runs this. A folder counts once.
    """
    found: list[Path] = []
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        shown = [] if real in seen else names
        folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in shown if not name.startswith(".") and _is_picture(Path(place, name))]
        seen.add(real)
    return sorted(found)


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_ENDINGS and file.is_file()
