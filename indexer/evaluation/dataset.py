"""A dataset: pictures of people whose names are known, in one of three layouts.

    DIR/person/*.jpg            identity folders, without ages
    DIR/**/001A02.jpg           subject and age in the name (FG-NET's style); letters after the age do not count
    DIR/*.csv, or a CSV file    columns file, subject, and age or date and birth_date, sex, group

A name is known by what stands in the folder: a CSV first, then names that all hold subject and age, then folders.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from indexer.errors import DatasetEmpty, DatasetTooFewPeople, DatasetUnclear, DatasetUnreadable
from indexer.evaluation.pictures import Picture, pictures_in
from indexer.evaluation.table import read_table

NOT_STATED = "licence: not stated"
_DESCRIPTION = "dataset.json"
_LICENCE_FILES = ("LICENSE", "LICENCE", "LICENSE.txt", "LICENCE.txt", "LICENSE.md", "LICENCE.md")
_SUBJECT_AND_AGE = re.compile(r"(?P<subject>\d+)[Aa](?P<age>\d{1,3})[A-Za-z]*")
_OLDEST = 120
_MOST_LICENCE = 200  # characters of a licence file's first line


class Layout(StrEnum):
    FOLDERS = "identity folders"
    NAMES = "subject and age in file names"
    TABLE = "CSV"


@dataclass(frozen=True)
class Dataset:
    """``name`` and ``licence`` as the dataset states them; the folder's name and `NOT_STATED` where it does not."""

    name: str
    licence: str
    layout: Layout
    pictures: list[Picture]

    @property
    def subjects(self) -> list[str]:
        return sorted({picture.subject for picture in self.pictures})


def read_dataset(place: Path) -> Dataset:
    """``place`` is a folder, or a CSV file with the pictures beside it.

    `DatasetEmpty`, `DatasetUnclear`, `DatasetLineWrong`, `DatasetTooFewPeople`, `DatasetUnreadable`.
    """
    folder = place.parent if place.is_file() else place
    layout, pictures = _pictures(place)
    name, licence = stated(folder)
    dataset = Dataset(name, licence, layout, pictures)
    if len(dataset.subjects) < 2:
        raise DatasetTooFewPeople(folder=place, people=len(dataset.subjects))
    return dataset


def read_distractors(folder: Path) -> list[Path]:
    """Every picture in the folder and the folders in it. `DatasetEmpty`."""
    files = pictures_in(folder)
    if not files:
        raise DatasetEmpty(folder=folder)
    return files


def stated(folder: Path) -> tuple[str, str]:
    """Name and licence by `dataset.json` ({"name": ..., "licence": ...}) or a licence file. `DatasetUnreadable`."""
    content = _description(folder / _DESCRIPTION)
    name = str(content.get("name") or folder.resolve().name)
    licence = content.get("licence") or content.get("license") or _first_licence_line(folder)
    return name, str(licence or NOT_STATED)


def _pictures(place: Path) -> tuple[Layout, list[Picture]]:
    tables = [place] if place.is_file() else sorted(place.glob("*.csv"))
    if len(tables) > 1:
        raise DatasetUnclear(
            file=tables[1].name, reason=f"{tables[0].name} is there too; give one of them as --dataset"
        )
    if tables:
        return Layout.TABLE, read_table(tables[0])
    files = pictures_in(place)
    if not files:
        raise DatasetEmpty(folder=place)
    if any(_SUBJECT_AND_AGE.fullmatch(file.stem) for file in files):
        return Layout.NAMES, [_by_name(file) for file in files]
    return Layout.FOLDERS, [_by_folder(file, place) for file in files]


def _by_name(file: Path) -> Picture:
    parts = _SUBJECT_AND_AGE.fullmatch(file.stem)
    if parts is None:
        raise DatasetUnclear(
            file=file.name, reason="other names hold subject and age as in 001A02.jpg, this one does not"
        )
    age = int(parts["age"])
    if age > _OLDEST:
        raise DatasetUnclear(file=file.name, reason=f"nobody is {age} years old")
    return Picture(file, parts["subject"], float(age))


def _by_folder(file: Path, folder: Path) -> Picture:
    inner = file.relative_to(folder).parts
    if len(inner) < 2:
        reason = "it lies in no person's folder, and its name does not hold subject and age as in 001A02.jpg"
        raise DatasetUnclear(file=file.name, reason=reason)
    return Picture(file, inner[0])


def _description(file: Path) -> dict[str, object]:
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetUnreadable(file=file.name, reason=str(error)) from None
    if not isinstance(content, dict):
        raise DatasetUnreadable(file=file.name, reason='it must hold an object such as {"name": ..., "licence": ...}')
    return content


def _first_licence_line(folder: Path) -> str | None:
    for name in _LICENCE_FILES:
        file = folder / name
        if file.is_file():
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            return next((line.strip()[:_MOST_LICENCE] for line in lines if line.strip()), None)
    return None
