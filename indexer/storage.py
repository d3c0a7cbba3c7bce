"""Where sealed bytes lie: photos and face crops, under names the server made."""

import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from indexer.errors import BlobMissing, BlobNameUnusable, StorageFull, StorageUnavailable

_PART = "[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
_NAME = re.compile(f"{_PART}(?:/{_PART})*")  # no dot, so no "..", no hidden file and no clash with a file being written
_PREFIX = re.compile("[a-z0-9/_-]*")
_LONGEST_NAME = 200
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BlobStore(Protocol):
    """Named bytes, each written whole or not at all. Safe to use from several threads and processes.

    A name is lower-case letters, digits, ``-`` and ``_`` in parts joined by ``/``: ``photos/<id>``; 200 characters at
    most. Every method raises `BlobNameUnusable` for another one.
    """

    def put(self, name: str, data: bytes) -> None:
        """Keep ``data``, in place of what had this name. When it returns, a power cut cannot lose it.

        `StorageFull`, `StorageUnavailable`: nothing was kept, and what had this name before is still there.
        """
        ...

    def get(self, name: str) -> bytes:
        """What was put. `BlobMissing`, `StorageUnavailable`."""
        ...

    def delete(self, name: str) -> None:
        """Forget it for good; an absent name is no error, so that an interrupted erasure can be repeated."""
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """Every name that starts with ``prefix``, in no order."""
        ...


def checked_name(name: str) -> str:
    """``name``, or `BlobNameUnusable`."""
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise BlobNameUnusable(name=ascii(name[:_LONGEST_NAME]))
    return name


class LocalStore:
    """A `BlobStore` in one folder: ``root/<2 hex digits>/<name with . for />``, folders 0700, files 0600.

    The digits come from a hash of the name, so no folder grows past a 256th of all files, whatever the names are.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parts = root / "unfinished"
        with _plain_errors():
            # All folders now and flushed, or a writer could rely on one that another has made and not yet flushed.
            for folder in (root, self._parts, *(root / f"{shard:02x}" for shard in range(256))):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _flush_folder(root)
            _flush_folder(root.parent)

    def put(self, name: str, data: bytes) -> None:
        path = self._path(name)
        part = self._parts / secrets.token_hex(16)
        with _plain_errors():
            try:
                _write_through(part, data)
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            _flush_folder(path.parent)

    def get(self, name: str) -> bytes:
        with _plain_errors():
            try:
                return self._path(name).read_bytes()
            except FileNotFoundError:
                raise BlobMissing(name=name) from None

    def delete(self, name: str) -> None:
        path = self._path(name)
        with _plain_errors():
            try:
                path.unlink()
            except FileNotFoundError:
                return
            _flush_folder(path.parent)

    def names(self, prefix: str = "") -> Iterator[str]:
        if not _PREFIX.fullmatch(prefix):
            raise BlobNameUnusable(name=ascii(prefix))
        return self._names(prefix.replace("/", "."))

    def _names(self, start: str) -> Iterator[str]:
        with _plain_errors():
            for folder in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
                for entry in os.scandir(folder):
                    if entry.name.startswith(start):
                        yield entry.name.replace(".", "/")

    def clear_unfinished(self, older_than_seconds: float = 3600) -> int:
        """Remove what killed writers left; how many. Younger ones may be another process's at work."""
        before = time.time() - older_than_seconds
        removed = 0
        with _plain_errors():
            for part in self._parts.iterdir():
                try:
                    if part.stat().st_mtime <= before:
                        part.unlink()
                        removed += 1
                except FileNotFoundError:  # finished in the meantime
                    continue
        return removed

    def _path(self, name: str) -> Path:
        shard = hashlib.sha256(checked_name(name).encode()).hexdigest()[:2]
        return self._root / shard / name.replace("/", ".")


def _write_through(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull from None
        raise StorageUnavailable(reason=error.strerror) from error
