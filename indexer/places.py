"""Who else could read what lies in the data directory."""

import stat
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import DataDirExposed, DataExposed
from indexer.settings import IndexerSettings

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def require_private(settings: IndexerSettings) -> None:
    """The data directory, and each thing at its top, for its owner alone. `DataDirExposed`, `DataExposed`.

    Not every file below: there are millions, and none can be reached but through a folder that is looked at here.
    """
    folder = settings.data_dir
    if folder.exists() and folder.stat().st_mode & OTHERS:
        raise DataDirExposed(path=folder.resolve(), mode=_mode(folder))
    for path in _kept(settings):
        if path.exists() and path.stat().st_mode & OTHERS:
            raise DataExposed(path=path.resolve(), mode=_mode(path))


def _kept(settings: IndexerSettings) -> Iterator[Path]:
    """Records, stored bytes, snapshots, and the settings, which may hold passwords. A pack is no secret."""
    database = settings.database_file
    yield from (database.with_name(f"{database.name}{end}") for end in ("", "-wal", "-shm", "-journal"))
    yield from (settings.blobs, settings.snapshot_dir, settings.data_dir / "homeward.toml")


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"
