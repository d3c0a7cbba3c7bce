"""A dataset's table: CSV in UTF-8, one picture a line.

Columns `file` (beside the table) and `subject`; and, where known, `age` (years), or `date` and `birth_date`
(YYYY-MM-DD); `sex`; `group`. Others are not read. A date without a birth date tells no age.
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from indexer.errors import DatasetEmpty, DatasetLineWrong, DatasetUnreadable
from indexer.evaluation.pictures import Picture

_OLDEST = 120
_DAYS_PER_YEAR = 365.25

_Row = dict[str, str]


def read_table(file: Path) -> list[Picture]:
    """`DatasetEmpty`, `DatasetLineWrong`, `DatasetUnreadable`."""
    seen: dict[Path, int] = {}
    pictures = []
    for line, row in _rows(file):
        picture = _picture(file, line, row)
        if picture.file in seen:
            raise _wrong(file, line, f"{row['file']} stands in line {seen[picture.file]} already")
        seen[picture.file] = line
        pictures.append(picture)
    if not pictures:
        raise DatasetEmpty(folder=file)
    return pictures


def _rows(file: Path) -> Iterator[tuple[int, _Row]]:
    """Line numbers and cells by the names of their columns, stripped."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetUnreadable(file=file.name, reason=str(error)) from None
    first = text.partition("\n")[0]
    lines = csv.reader(text.splitlines(), delimiter=";" if ";" in first and "," not in first else ",", strict=True)
    try:
        names = [name.strip().lower() for name in next(lines, [])]
        for needed in ("file", "subject"):
            if needed not in names:
                raise _wrong(file, 1, f"there is no column `{needed}`; the first line names the columns")
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                raise _wrong(file, lines.line_num, f"it has {len(cells)} cells, the first line has {len(names)}")
            yield lines.line_num, dict(zip(names, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        raise _wrong(file, lines.line_num, str(error)) from None


def _picture(table: Path, line: int, row: _Row) -> Picture:
    if not row["subject"] or not row["file"]:
        raise _wrong(table, line, "file and subject must be given")
    file = table.parent / row["file"]
    if not file.is_file():
        raise _wrong(table, line, f"there is no file {row['file']} beside the table")
    return Picture(file, row["subject"], _age(table, line, row), row.get("sex") or None, row.get("group") or None)


def _age(table: Path, line: int, row: _Row) -> float | None:
    taken, born = (_day(table, line, name, row.get(name)) for name in ("date", "birth_date"))
    if row.get("age"):
        try:
            years = float(row["age"])
        except ValueError:
            raise _wrong(table, line, f"the age {row['age']!r} is no number") from None
    elif taken and born:
        years = (taken - born).days / _DAYS_PER_YEAR
    else:
        return None
    if not 0 <= years <= _OLDEST:
        raise _wrong(table, line, f"an age of {years:g} years cannot be")
    return years


def _day(table: Path, line: int, name: str, text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(table, line, f"the {name} {text!r} is no day written as YYYY-MM-DD") from None


def _wrong(file: Path, line: int, reason: str) -> DatasetLineWrong:
    return DatasetLineWrong(file=file.name, line=line, reason=reason)
