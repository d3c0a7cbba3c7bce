"""The body of a snapshot: face ids and templates, sealed in chunks.

Plain, it is ids (int64) and then templates (float16), all little-endian. Its AES-256-GCM key is derived for this
one snapshot, so the chunk number can be the nonce; snapshot id, chunk number and number of chunks are associated data,
so a chunk that was cut off, swapped or taken from another snapshot does not open.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from indexer.errors import SnapshotDamaged
from indexer.gallery.base import FaceIds, Stored
from indexer.gallery.manifest import Manifest, derived

CHUNK_BYTES = 16 * 2**20
_TAG_BYTES = 16


def split(plain: bytes | bytearray, manifest: Manifest) -> tuple[FaceIds, Stored]:
    """The ids and templates that were `joined`."""
    face_ids = np.frombuffer(plain, "<i8", manifest.count)
    templates = np.frombuffer(plain, "<f2", offset=face_ids.nbytes)
    return face_ids, templates.reshape(manifest.count, manifest.dimension)


def joined(face_ids: FaceIds, templates: Stored) -> memoryview:
    """The body before it is sealed, in one buffer: a gallery may hold half a gigabyte."""
    plain = np.empty(_length(len(face_ids), templates.shape[1]), np.uint8)
    plain[: face_ids.nbytes].view("<i8")[:] = face_ids
    plain[face_ids.nbytes :].view("<f2")[:] = templates.ravel()
    return plain.data


def _length(count: int, dimension: int) -> int:
    return count * (8 + 2 * dimension)


def write_body(path: Path, plain: memoryview, snapshot_id: str, key: bytes) -> str:
    """Seal ``plain`` into ``path``; the SHA-256 of the file."""
    cipher, digest, total = AESGCM(derived(key, snapshot_id)), hashlib.sha256(), _chunks(len(plain))
    with new_file(path) as file:
        for number in range(total):
            chunk = plain[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
            sealed = cipher.encrypt(_nonce(number), chunk, _about(snapshot_id, number, total))
            digest.update(sealed)
            file.write(sealed)
    return digest.hexdigest()


def opened_chunks(path: Path, manifest: Manifest, key: bytes) -> Iterator[bytes]:
    """The chunks of a body, unsealed; trust none before the last one has come. `SnapshotDamaged`."""
    length = _length(manifest.count, manifest.dimension)
    cipher, digest, total = AESGCM(derived(key, manifest.snapshot_id)), hashlib.sha256(), _chunks(length)
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != length + total * _TAG_BYTES:
            raise SnapshotDamaged(path=path, reason="its body is not as long as it was")
        for number in range(total):
            sealed = file.read(CHUNK_BYTES + _TAG_BYTES)
            digest.update(sealed)
            try:
                yield cipher.decrypt(_nonce(number), sealed, _about(manifest.snapshot_id, number, total))
            except InvalidTag:
                raise SnapshotDamaged(path=path, reason=f"chunk {number} of {total} was changed") from None
    if digest.hexdigest() != manifest.sha256:
        raise SnapshotDamaged(path=path, reason="its SHA-256 is not the manifest's")


def _chunks(length: int) -> int:
    return -(-length // CHUNK_BYTES)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _about(snapshot_id: str, number: int, total: int) -> bytes:
    return f"gallery snapshot {snapshot_id} chunk {number} of {total}".encode()


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner only, on the disk when the block ends, or not there at all."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
