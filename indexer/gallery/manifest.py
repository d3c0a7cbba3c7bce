"""What a snapshot says about itself, and the proof that this installation said it."""

import hmac
import json

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, ValidationError

FORMAT = 1


class Manifest(BaseModel):
    """Written as one JSON object; ``proof`` beside the fields is an HMAC-SHA-256 over them, under the snapshot key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: int
    snapshot_id: str  # 32 hexadecimal digits, drawn for this snapshot
    pack_id: str
    dimension: int
    count: int
    last_change: int  # number of the newest gallery change that is in it
    anchor: str  # what the database said of that change; "" for none
    sha256: str  # of the sealed file, hexadecimal

    def proven(self, key: bytes) -> bytes:
        """The manifest file's bytes, whole: any other bytes are no manifest of ours."""
        fields = self.model_dump()
        proof = hmac.digest(derived(key, "manifest"), json.dumps(fields).encode(), "sha256")
        return json.dumps({**fields, "proof": proof.hex()}, indent=1).encode() + b"\n"


def read_manifest(text: bytes, key: bytes) -> Manifest:
    """The manifest in ``text``. `ValueError` when a byte of it is not as it was written under this key."""
    try:
        fields = json.loads(text)
        fields.pop("proof")
        manifest = Manifest.model_validate(fields)
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError, ValidationError):
        raise ValueError("its manifest cannot be read") from None
    if not hmac.compare_digest(manifest.proven(key), text):
        raise ValueError("its manifest was changed, or sealed under another key")
    if manifest.format != FORMAT:
        msg = f"its format is {manifest.format}, known is {FORMAT}"
        raise ValueError(msg)
    return manifest


def derived(key: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose, from the snapshot key."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"homeward/snapshot/{purpose}".encode()).derive(key)
