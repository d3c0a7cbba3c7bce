"""What people decided, so that the act which put it on record in the audit log covers it.

The act carries digests of the record; whoever edits the record later is found by `homeward audit verify`. The digests
are salted, with a salt that lies in the record: from the log alone nobody can try out which answer was given. Words
that an erasure takes away have a salt and a digest of their own: both salt and words go, and the rest still holds.
"""

import hashlib
import json
import secrets
from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

SALT_BYTES = 16
_DIGEST_CHARACTERS = 64


def _new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


@dataclass(frozen=True)
class AsRead:
    """What somebody approved, by a digest that its reader made of it."""

    digest: str

    def covered(self) -> str:
        return self.digest


class Decision:
    """A record that decides. ``salt`` is null in rows from before acts covered what they decide."""

    salt: Mapped[bytes | None] = mapped_column(LargeBinary(SALT_BYTES), default=_new_salt)

    @abstractmethod
    def decided(self) -> list[object]:
        """What may never change, in one fixed order."""

    def covered(self) -> str:
        """What the act carries."""
        return _digest(self.salt, self.decided())

    def fits(self, covered: str) -> bool:
        return self.salt is not None and self.covered() == covered


class DecisionWithWords(Decision):
    """One with a ``comment`` on a face, which goes when the face does."""

    comment: Mapped[str]
    words_salt: Mapped[bytes | None] = mapped_column(LargeBinary(SALT_BYTES), default=_new_salt)

    def covered(self) -> str:
        return super().covered() + _digest(self.words_salt, [self.comment])

    def fits(self, covered: str) -> bool:
        """Also once its words are gone."""
        if self.words_salt is not None or self.comment:
            return super().fits(covered)
        return self.salt is not None and super().covered() == covered[:_DIGEST_CHARACTERS]

    def forget_words(self) -> None:
        self.comment, self.words_salt = "", None


def _digest(salt: bytes | None, content: list[object]) -> str:
    """SHA-256 (hex)."""
    plain = json.dumps(content, default=_plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((salt or b"") + plain.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    msg = f"{type(value).__name__} has no place in a decision"
    raise TypeError(msg)
