"""Send a folder of photos: every one, however often it is started again."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from homeward_client.errors import Refused
from homeward_client.photos import Photos, PhotoStatus

QUOTA = "upload_quota_reached"
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass
class Summary:
    """What became of a folder. ``refused`` holds the file and the reason in words."""

    sent: list[tuple[Path, PhotoStatus]] = field(default_factory=list)
    refused: list[tuple[Path, Refused]] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        return Counter(problem.code for _, problem in self.refused)


def photos_in(path: Path) -> list[Path]:
    """The photos at ``path``: the file itself, or every photo of the folder and the folders in it."""
    if path.is_file():
        return [path]
    return sorted(file for file in _walk(path) if file.suffix.lower() in ENDINGS)


def _walk(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def send_all(
    photos: Photos, files: list[Path], place: str | None, note: str | None, tell: Callable[[], None]
) -> Summary:
    """Upload ``files`` one by one; a refused one does not stop the rest. ``tell`` is called after each."""
    summary = Summary()
    for file in files:
        try:
            summary.sent.append((file, photos.upload(file, place=place, note=note)))
        except Refused as problem:
            if problem.status in (401, 403) or problem.code == QUOTA:  # the rest would fare no better
                raise
            summary.refused.append((file, problem))
        tell()
    return summary
