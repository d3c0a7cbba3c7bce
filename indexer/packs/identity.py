"""What makes two packs the same: one digest over everything their templates depend on."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

_CONTRACT = "homeward-pack-1"  # raised when the meaning of a part changes
_CHUNK = 2**20


def pack_id(parts: Mapping[str, str]) -> str:
    """SHA-256 (hex) over named parts: files' digests, alignment, preprocessing, centring, dimension."""
    canonical = json.dumps([_CONTRACT, sorted(parts.items())], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def file_digest(file: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
