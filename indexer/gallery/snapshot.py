"""A gallery on disk, sealed: a manifest and a body, read whole or not at all.

A new generation is written beside the old one, flushed, read back, and only then named by the manifest, which
`os.replace` swaps. faiss's own files are not used: a flipped bit in one loads without a word (faiss issue 5400).
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import SnapshotDamaged, SnapshotForeign, SnapshotMissing, SnapshotNotWritten
from indexer.gallery.base import FaceIds, Gallery, Stored
from indexer.gallery.body import joined, new_file, opened_chunks, split, write_body
from indexer.gallery.manifest import FORMAT, Manifest, read_manifest

MANIFEST = "manifest.json"
_MOST_MANIFEST_BYTES = 4096


def write_snapshot(directory: Path, gallery: Gallery, last_change: int, key: bytes, *, anchor: str = "") -> Manifest:
    """Keep ``gallery`` as it is now, in place of the snapshot before. `SnapshotNotWritten`: nothing is half written.

    ``anchor`` says what the database had as change ``last_change``, so that a snapshot of another history is told.
    """
    face_ids, templates = gallery.export()
    plain = joined(face_ids, templates)
    snapshot_id = secrets.token_hex(16)
    body = directory / _body_name(snapshot_id)
    try:
        with _locked(directory, fcntl.LOCK_EX):
            manifest = Manifest(
                format=FORMAT,
                snapshot_id=snapshot_id,
                pack_id=gallery.pack_id,
                dimension=gallery.dimension,
                count=len(face_ids),
                last_change=last_change,
                anchor=anchor,
                sha256=write_body(body, plain, snapshot_id, key),
            )
            _verify(body, plain, manifest, key)
            _publish(directory, manifest, key)
            _remove_others(directory, keep=body.name)
    except OSError as error:
        raise SnapshotNotWritten(path=directory, reason=error.strerror) from error
    except SnapshotDamaged as error:
        raise SnapshotNotWritten(path=directory, reason="the disk gave back other bytes than it was given") from error
    return manifest


def read_snapshot(directory: Path, pack_id: str, dimension: int, key: bytes) -> tuple[Manifest, FaceIds, Stored]:
    """The snapshot, checked to the last byte. `SnapshotMissing`, `SnapshotForeign`, `SnapshotDamaged`."""
    try:
        with _locked(directory, fcntl.LOCK_SH):
            manifest = _read_manifest(directory, key)
            if (manifest.pack_id, manifest.dimension) != (pack_id, dimension):
                found = f"{manifest.pack_id} ({manifest.dimension} dimensions)"
                raise SnapshotForeign(path=directory, found=found, expected=f"{pack_id} ({dimension} dimensions)")
            body = directory / _body_name(manifest.snapshot_id)
            plain = bytearray().join(opened_chunks(body, manifest, key))
    except FileNotFoundError:
        raise SnapshotDamaged(path=directory, reason="its body is missing") from None
    except OSError as error:
        raise SnapshotDamaged(path=directory, reason=error.strerror) from error
    return manifest, *split(plain, manifest)


def _read_manifest(directory: Path, key: bytes) -> Manifest:
    try:
        with (directory / MANIFEST).open("rb") as file:
            return read_manifest(file.read(_MOST_MANIFEST_BYTES), key)
    except FileNotFoundError:
        raise SnapshotMissing(path=directory) from None
    except ValueError as error:
        raise SnapshotDamaged(path=directory, reason=error) from None


def _body_name(snapshot_id: str) -> str:
    return f"{snapshot_id}.sealed"


def _verify(body: Path, plain: memoryview, manifest: Manifest, key: bytes) -> None:
    """Read back what was written. `SnapshotDamaged`, and the body is gone again."""
    try:
        start = 0
        for chunk in opened_chunks(body, manifest, key):
            if plain[start : start + len(chunk)] != chunk:
                raise SnapshotDamaged(path=body, reason="it holds something else")  # noqa: TRY301 - swept up just below
            start += len(chunk)
    except (OSError, SnapshotDamaged):
        body.unlink(missing_ok=True)
        raise


def _publish(directory: Path, manifest: Manifest, key: bytes) -> None:
    """From here on the new generation is the snapshot."""
    part = directory / f"{manifest.snapshot_id}.part"
    with new_file(part) as file:
        file.write(manifest.proven(key))
    part.replace(directory / MANIFEST)
    _flush(directory)


def _remove_others(directory: Path, keep: str) -> None:
    """Older generations, and what a killed writer left."""
    for pattern in ("*.sealed", "*.part"):
        for path in directory.glob(pattern):
            if path.name != keep:
                path.unlink()
    _flush(directory)


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    """One process writes, or several read: nobody removes a generation that another is reading."""
    if how == fcntl.LOCK_EX:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not directory.exists():
        raise SnapshotMissing(path=directory)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
