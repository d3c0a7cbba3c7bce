"""Sealed bytes: AES-256-GCM, bound to what they are about.

Layout: one version byte, a 96-bit nonce, the ciphertext with its 128-bit tag. The version and ``about`` are associated
data, so sealed bytes moved to another object do not open.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from indexer.errors import SealBroken

KEY_BYTES = 32
OVERHEAD_BYTES = 29
"""Sealed bytes are this much longer than what they seal."""

_VERSION = b"\x01"
_NONCE = slice(1, 13)
_NONCE_BYTES = 12  # NIST SP 800-38D 8.2.2: random 96-bit nonces, safe for 2**32 messages of one key


def new_data_key() -> bytes:
    """32 random bytes, to seal the bytes of one photo or one case and nothing else."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plaintext: bytes, about: str) -> bytes:
    """Seal under a 32-byte key. ``about`` names the object (kind and id); the same words are needed to unseal."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, _VERSION + about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """What `seal` was given. `SealBroken` when a bit, the key or ``about`` differs."""
    if len(sealed) < OVERHEAD_BYTES or sealed[:1] != _VERSION:
        raise SealBroken
    try:
        return AESGCM(key).decrypt(sealed[_NONCE], sealed[13:], _VERSION + about.encode())
    except InvalidTag:
        raise SealBroken from None
