"""A picture of a dataset, and the pictures in a folder."""

from dataclasses import dataclass
from pathlib import Path

from indexer.folder import files_in

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
    """Every picture in the folder and the folders in it, by what its name ends in; nothing hidden, and no link."""
    return [file for file in files_in(folder) if file.suffix.lower() in PICTURE_ENDINGS]
