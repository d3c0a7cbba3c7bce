"""An authenticator in software: what a phone or a security key does when a browser asks it (WebAuthn level 3)."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40
ES256, EDDSA, RS256, RS1 = -7, -8, -257, -65535  # the last signs SHA-1


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "===")


def new_private_key(algorithm: int) -> Any:
    match algorithm:
        case -8:
            return ed25519.Ed25519PrivateKey.generate()
        case -257 | -65535:
            return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authenticator:
    """Holds one passkey. What a test changes about it, an attacker might."""

    origin: str
    algorithm: int = ES256
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes = b""
    format: str = "none"

    def __post_init__(self) -> None:
        self.key = new_private_key(self.algorithm)

    def create(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.create` brings back, as the page's script sends it."""
        self.user_handle = to_bytes(options["user"]["id"])
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + self.public_key()
        data = self._data(options["rp"]["id"], WITH_KEY) + attested
        statement = {} if self.format == "none" else {"alg": self.algorithm, "sig": b"none"}
        made = cbor2.dumps({"fmt": self.format, "attStmt": statement, "authData": data})
        said = self._said("webauthn.create", options["challenge"])
        return self._credential({"clientDataJSON": to_text(said), "attestationObject": to_text(made)})

    def get(self, options: dict[str, Any], handle: bool = True) -> str:
        """What `navigator.credentials.get` brings back."""
        self.count += self.counts
        data, said = self._data(options["rpId"]), self._said("webauthn.get", options["challenge"])
        response = {
            "clientDataJSON": to_text(said),
            "authenticatorData": to_text(data),
            "signature": to_text(self.sign(data + hashlib.sha256(said).digest())),
        }
        return self._credential(response | ({"userHandle": to_text(self.user_handle)} if handle else {}))

    def sign(self, data: bytes) -> bytes:
        if self.algorithm == EDDSA:
            return self.key.sign(data)
        if self.algorithm == RS256:
            return self.key.sign(data, padding.PKCS1v15(), SHA256())
        return self.key.sign(data, ec.ECDSA(SHA256()))

    def public_key(self) -> bytes:
        """COSE (RFC 9053)."""
        public = self.key.public_key()
        if self.algorithm == EDDSA:
            return cbor2.dumps({1: 1, 3: self.algorithm, -1: 6, -2: public.public_bytes_raw()})
        numbers = public.public_numbers()
        if self.algorithm in {RS256, RS1}:
            return cbor2.dumps({1: 3, 3: self.algorithm, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)})
        return cbor2.dumps({1: 2, 3: self.algorithm, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})

    def _data(self, site: str, more: int = 0) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _said(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _credential(self, response: dict[str, str]) -> str:
        name = to_text(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
