"""What a message says: which kind of thing, how many, in which installation, on which day. Nothing else.

No picture, name, place, case number, score or id of a face: who reads along learns that something was found.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass

from indexer.keyring import KeyRing
from models.alert import AlertKind
from models.message import Message

_SENTENCES = {AlertKind.CANDIDATES_FOUND: "Standing search found candidates that people should look at: {count}."}


def installation_id(keyring: KeyRing) -> str:
    """16 hex digits that stand for this installation, the same for ever; they tell nothing of its key."""
    return keyring.digest_of("installation", b"id").hex()[:16]


@dataclass(frozen=True)
class Content:
    """One message in words. ``id`` is the same at every try: whoever gets it twice can tell."""

    id: str
    kind: str
    count: int
    installation: str
    day: str

    @classmethod
    def of(cls, message: Message, keyring: KeyRing) -> "Content":
        return cls(
            str(message.id), message.kind.value, message.count, installation_id(keyring), message.day.isoformat()
        )

    @property
    def json(self) -> bytes:
        return json.dumps(self.__dict__, sort_keys=True).encode()

    @property
    def sentence(self) -> str:
        return _SENTENCES[AlertKind(self.kind)].format(count=self.count)


def signature(secret: str, body: bytes) -> str:
    """What the header `X-Homeward-Signature` holds: HMAC-SHA256 of the body under the shared secret."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
