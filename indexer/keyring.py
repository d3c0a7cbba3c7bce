"""The master key and every key derived from it.

The key file is text a person can copy by hand: 32 random bytes and a checksum of 3 bytes, in base 32. Nothing but this
file opens the database, the stored bytes and the snapshots; it is never part of a backup.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from indexer.errors import KeyFileExists, KeyFileExposed, KeyFileMissing, KeyFileWrong
from indexer.sealing import KEY_BYTES, seal, unseal

_TITLE = "HOMEWARD-KEY-1"
_CHECKSUM_BYTES = 3  # with the key just 35 bytes: 56 characters, no padding; one mistyped copy in 16 million passes
_CHARACTERS = 56
_FEWEST_BYTES = 16  # different ones: of 32 random bytes about 30 are; not one random key in 10^16 has fewer than 16
_MOST_FILE_BYTES = 4096  # a key file is 100 bytes; never read a large file that was named by mistake
# Base 32 (RFC 4648) has no 0, 1 and 8, so a person who writes them means the letter that looks like it.
_MEANT = str.maketrans("018", "OIB")


LASTING_DIGESTS = frozenset({
    "answer order", "installation", "near repeat", "passkey", "photo", "receipt", "recovery code", "reference",
    "review order", "seeded draw", "seeded order", "token",
})  # fmt: skip
"""What lies in records, or must not change its order. The others live no longer than a request or a page."""


class KeyRing:
    """One installation's keys. Safe to use from several threads; never shows a key by itself."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            msg = f"a master key has {KEY_BYTES} bytes, not {len(master)}"
            raise ValueError(msg)
        self._master = master
        self._digest_keys: dict[str, bytes] = {}

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a key file, readable by its owner only. `KeyFileExists`: one is never overwritten."""
        ring = cls(secrets.token_bytes(KEY_BYTES))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, ring.copy_text)
        return ring

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file, or a copy a person typed. `KeyFileMissing`, `KeyFileExposed`, `KeyFileWrong`."""
        return cls(_master_in(_read_guarded(path), path))

    @classmethod
    def read(cls, text: str, where: str) -> Self:
        """From the words of a copy, which came from ``where``. `KeyFileWrong`."""
        return cls(_master_in(text, where))

    @property
    def copy_text(self) -> str:
        """What a person keeps apart, and what the key file holds: the title and 14 groups of four characters."""
        words = self._characters
        groups = [words[i : i + 4] for i in range(0, _CHARACTERS, 4)]
        return f"{_TITLE}\n{' '.join(groups[:7])}\n{' '.join(groups[7:])}\n"

    @property
    def last8(self) -> str:
        """The copy's last 8 characters; they hold the checksum and 16 bits of the key."""
        return self._characters[-8:]

    def copy_was_kept(self, typed: str) -> bool:
        """Whether ``typed`` is the copy's last 8 characters, in any case and spacing."""
        return hmac.compare_digest(_normal(typed).encode(), self.last8.encode())

    @cached_property
    def database_key(self) -> str:
        """64 hexadecimal characters, for SQLCipher's raw key (``x'...'``)."""
        return self._key("database").hex()

    @cached_property
    def snapshot_key(self) -> bytes:
        """32 bytes that seal the gallery's snapshots."""
        return self._key("snapshot")

    def digest(self, data: bytes) -> bytes:
        """HMAC-SHA-256 of a photo's bytes: equal photos are recognised, and a stolen database tells nothing."""
        return self.digest_of("photo", data)

    def digest_of(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA-256 under the key of ``purpose``: digests of different purposes cannot be compared."""
        return hmac.digest(self._digest_key(purpose), data, "sha256")

    def digest_keys(self) -> dict[str, str]:
        """The keys of all digests that outlive a request, in hexadecimal, for an installation that gets a new key."""
        return {purpose: self._digest_key(purpose).hex() for purpose in sorted(LASTING_DIGESTS)}

    def adopt(self, digest_keys: Mapping[str, str]) -> None:
        """Digest with these keys from now on: `digest_keys` of the key that this one took the place of."""
        self._digest_keys.update({purpose: bytes.fromhex(key) for purpose, key in digest_keys.items()})

    def _digest_key(self, purpose: str) -> bytes:
        key = self._digest_keys.get(purpose)
        if key is None:
            key = self._digest_keys[purpose] = self._key(f"digest/{purpose}")
        return key

    def token_hash(self, token: str) -> bytes:
        """What is stored of a session, API key or invitation token: 32 bytes."""
        return self.digest_of("token", token.encode())

    def wrap(self, data_key: bytes, owner: str) -> bytes:
        """Seal a data key for its owner, such as ``photo/<id>`` or ``case/<id>``."""
        return seal(self._wrapping_key, data_key, f"data key of {owner}")

    def unwrap(self, wrapped: bytes, owner: str) -> bytes:
        """The data key again. `SealBroken` when it was wrapped for another owner or under another master key."""
        return unseal(self._wrapping_key, wrapped, f"data key of {owner}")

    @cached_property
    def _wrapping_key(self) -> bytes:
        return self._key("wrap")

    @property
    def _characters(self) -> str:
        return base64.b32encode(self._master + _checksum(self._master)).decode()

    def _key(self, purpose: str) -> bytes:
        info = f"homeward/1/{purpose}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master)


def replace_key_file(path: Path, new: Path) -> Path:
    """Have ``new`` take the place of ``path``, which stays under another name; that name."""
    kept = path.with_name(f"{path.name}.old-{secrets.token_hex(3)}")
    os.link(path, kept)
    new.replace(path)
    _flush_folder(path.parent)
    return kept


def _checksum(master: bytes) -> bytes:
    return hashlib.sha256(b"homeward key checksum" + master).digest()[:_CHECKSUM_BYTES]


def _normal(text: str) -> str:
    return "".join(text.upper().split()).replace("-", "").translate(_MEANT)


def _write_once(path: Path, text: str) -> None:
    """All or nothing: a link to a finished file either appears under ``path`` or fails because something is there."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        raise KeyFileExists(path=path) from None
    finally:
        part.unlink()
    _flush_folder(path.parent)


def _flush_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_guarded(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_FILE_BYTES)
    except FileNotFoundError:
        raise KeyFileMissing(path=path) from None
    except OSError as error:
        raise KeyFileWrong(path=path, reason=f"it cannot be read ({error.strerror})") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileExposed(path=path, mode=f"{stat.S_IMODE(mode):04o}")
    return content.decode("ascii", errors="replace")


def _master_in(text: str, path: Path | str) -> bytes:
    characters = _normal(text).removeprefix(_normal(_TITLE))
    if len(characters) != _CHARACTERS:
        reason = f"it has {len(characters)} characters of a key where {_CHARACTERS} belong"
        raise KeyFileWrong(path=path, reason=reason)
    try:
        both = base64.b32decode(characters)
    except ValueError:  # binascii.Error, or a character beyond ASCII
        raise KeyFileWrong(path=path, reason="it has a character no key has") from None
    master, checksum = both[:KEY_BYTES], both[KEY_BYTES:]
    if checksum != _checksum(master):
        raise KeyFileWrong(path=path, reason="its checksum does not fit; compare it with your copy, letter by letter")
    if len(set(master)) < _FEWEST_BYTES:
        raise KeyFileWrong(path=path, reason="it is not random, so it can be guessed; only `homeward init` makes keys")
    return master
