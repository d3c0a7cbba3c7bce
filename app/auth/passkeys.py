"""What is said to an authenticator, and what its answers are worth (WebAuthn level 3, by the `webauthn` package).

A passkey is asked for without a name: it says itself whose it is, so asking tells nobody which accounts there are.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import (
    base64url_to_bytes,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    encode_cbor,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.errors import PasskeyRefused, PasskeysNotSetUp
from app.settings import ServiceSettings
from models.records import Passkey, User

ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# We ask for no attestation: who made an authenticator is none of our business. `packed` is what one sends that signs
# for itself; the others bring certificates that nothing here would check.
_FORMATS = {AttestationFormat.NONE, AttestationFormat.PACKED}
_STUMBLES = (
    *(WebAuthnException, InvalidSignature, UnsupportedAlgorithm, RecursionError),
    *(ValueError, TypeError, LookupError, AttributeError),
)
TIMEOUT_MS = 120_000
MOST_CHARACTERS = 10_000  # of an answer; one with an RSA key has 2,000


@dataclass(frozen=True)
class Site:
    """For whom passkeys are made: the address that the browser shows, and its name."""

    origin: str

    @property
    def name(self) -> str:
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True)
class NewPasskey:
    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True)
class Answer:
    """What a browser brought back, taken apart but not believed."""

    parts: dict[str, Any]
    credential_id: bytes
    challenge: bytes
    user_handle: bytes | None


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever a forged answer makes the parsers of JSON, CBOR and keys stumble over is one refusal."""
    try:
        yield
    except _STUMBLES as error:
        raise PasskeyRefused from error


def site_of(settings: ServiceSettings) -> Site:
    """`PasskeysNotSetUp`."""
    if settings.public_origin is None:
        raise PasskeysNotSetUp
    return Site(settings.public_origin)


def options_to_register(site: Site, user: User, known: Iterable[Passkey], challenge: bytes) -> str:
    """JSON for `navigator.credentials.create`. ``known``: their authenticators make no second one."""
    made = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name="Homeward",
        user_id=user.id.bytes,
        user_name=user.name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_named(known),
        supported_pub_key_algs=ALGORITHMS,
    )
    return webauthn.options_to_json(made)


def options_to_sign(site: Site, challenge: bytes, allowed: Iterable[Passkey] = ()) -> str:
    """JSON for `navigator.credentials.get`. ``allowed`` empty: whichever passkey its person chooses."""
    made = webauthn.generate_authentication_options(
        rp_id=site.name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=_named(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(made)


@_refusing()
def read_answer(text: str) -> Answer:
    """`PasskeyRefused`."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError("no passkey says so much")
    parts = json.loads(text)
    handle = parts["response"].get("userHandle")
    said = json.loads(base64url_to_bytes(parts["response"]["clientDataJSON"]))
    return Answer(
        parts=parts,
        credential_id=base64url_to_bytes(parts["rawId"]),
        challenge=base64url_to_bytes(said["challenge"]),
        user_handle=base64url_to_bytes(handle) if handle else None,
    )


@_refusing()
def check_registration(site: Site, answer: Answer) -> NewPasskey:
    """The passkey that was made. ``answer.challenge`` must be known to be ours. `PasskeyRefused`."""
    made = webauthn.verify_registration_response(
        credential=answer.parts,
        expected_challenge=answer.challenge,
        expected_rp_id=site.name,
        expected_origin=site.origin,
        require_user_verification=True,
        supported_pub_key_algs=ALGORITHMS,
    )
    if made.fmt not in _FORMATS:
        raise ValueError("an attestation that nobody asked for")
    decoded_public_key_to_cryptography(decode_credential_public_key(made.credential_public_key))
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


@_refusing()
def check_signature(site: Site, answer: Answer, public_key: bytes | None) -> int:
    """How often the authenticator says it was used. ``public_key`` None: as much work, and `PasskeyRefused`."""
    checked = webauthn.verify_authentication_response(
        credential=answer.parts,
        expected_challenge=answer.challenge,
        expected_rp_id=site.name,
        expected_origin=site.origin,
        credential_public_key=public_key or _nobodys_key(),
        credential_current_sign_count=0,  # compared where it is written, for only so is it compared with the newest
        require_user_verification=True,
    )
    return checked.new_sign_count


def _named(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each.credential_id) for each in passkeys]


@cache
def _nobodys_key() -> bytes:
    """A key in COSE's form (RFC 9053 section 7.1) whose other half was thrown away."""
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
