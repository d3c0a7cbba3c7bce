"""Templates that were made before, by the digest of the file: an evaluation started again embeds nothing twice.

The file holds templates, which are as good as photographs of the people: it is its owner's alone (mode 0600), lies
where the operator says, and is the operator's to delete.
"""

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from indexer.errors import CacheUnusable
from indexer.evaluation.embedded import EmbeddedPicture, packed, unpacked

FILE = "templates.db"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS pictures (digest TEXT, method TEXT, failure TEXT, faces BLOB NOT NULL, "
    "PRIMARY KEY (digest, method)) WITHOUT ROWID"
)


class TemplateCache:
    """Keyed by the file's SHA-256 and ``method``: everything else that the templates depend on, the pack id first."""

    def __init__(self, folder: Path, method: str) -> None:
        """`CacheUnusable`."""
        self._file, self._method = folder / FILE, method
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            self._connection = sqlite3.connect(self._file)
            self._connection.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None

    def get(self, digest: str) -> EmbeddedPicture | None:
        """`CacheUnusable` when what is stored cannot be read."""
        query = "SELECT failure, faces FROM pictures WHERE digest = ? AND method = ?"
        try:
            with closing(self._connection.execute(query, (digest, self._method))) as rows:
                row = rows.fetchone()
            return row and unpacked(digest, *row)
        except (sqlite3.Error, ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise self._unusable(error) from None

    def put(self, picture: EmbeddedPicture) -> None:
        """Kept from now on, whatever happens to this process. `CacheUnusable`."""
        values = (picture.digest, self._method, picture.failure, packed(picture))
        try:
            with self._connection:
                self._connection.execute("INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?)", values)
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _unusable(self, error: Exception) -> CacheUnusable:
        return CacheUnusable(file=self._file, reason=str(error) or type(error).__name__)
