"""The locked dependencies of `requirements/*.txt`, as far as they are for this interpreter and system."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
BASE = ROOT / "requirements" / "base.txt"
_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^]]*])?==(?P<version>[^ ;\\]+)( *; *(?P<marker>[^\\]*))?")


class NotAsLocked(Exception):
    """Something is locked that is not installed so."""


@dataclass(frozen=True)
class Locked:
    name: str
    version: str

    def installed(self) -> metadata.Distribution:
        """`NotAsLocked`."""
        try:
            found = metadata.distribution(self.name)
        except metadata.PackageNotFoundError:
            raise NotAsLocked(f"{self.name} {self.version} is locked and not installed") from None
        if found.version != self.version:
            raise NotAsLocked(f"{self.name} {self.version} is locked, {found.version} is installed")
        return found


def locked_in(file: Path = BASE) -> list[Locked]:
    """By name. ValueError for a file without any."""
    found = sorted(_read(file), key=lambda each: each.name)
    if not found:
        msg = f"{file.name} locks nothing"
        raise ValueError(msg)
    return found


def _read(file: Path) -> Iterator[Locked]:
    for line in file.read_text().splitlines():
        if line[:1].isalnum():
            match = _LINE.match(line)
            if match is None:
                msg = f"{file.name}: {line} locks no version"
                raise ValueError(msg)
            marker = (match["marker"] or "").strip()
            if not marker or Marker(marker).evaluate():
                yield Locked(canonicalize_name(match["name"]), match["version"])
