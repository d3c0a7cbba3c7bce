"""A passkey that was shown: found, checked, and put on record as used."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.challenges import Purpose, require_challenge, use_challenge
from app.auth.passkeys import check_signature, read_answer, site_of
from app.errors import PasskeyCopied, PasskeyRefused
from app.house import House
from indexer.keyring import KeyRing
from models.actor import Actor, act
from models.records import Passkey, User


@dataclass(frozen=True)
class Shown:
    """An answer whose signature is right; not yet used."""

    passkey_id: UUID
    user_id: UUID
    challenge: bytes
    sign_count: int


def credential_hash(keyring: KeyRing, credential_id: bytes) -> str:
    return keyring.digest_of("passkey", credential_id).hex()


def shown_passkey(house: House, purpose: Purpose, browser: str, text: str) -> Shown:
    """Whose it is. `PasskeyRefused`, after as much work for a passkey that nobody has; `PasskeysNotSetUp`."""
    site, keyring = site_of(house.settings), house.context.keyring
    answer = read_answer(text)
    require_challenge(keyring, purpose, browser, answer.challenge)
    hashed = credential_hash(keyring, answer.credential_id)
    with house.context.database.reading() as session:
        passkey = session.scalar(select(Passkey).where(Passkey.credential_hash == hashed))
    sign_count = check_signature(site, answer, passkey.public_key if passkey else None)
    if passkey is None or answer.user_handle not in {None, passkey.user_id.bytes}:
        raise PasskeyRefused
    return Shown(passkey.id, passkey.user_id, answer.challenge, sign_count)


def use_shown(session: Session, keyring: KeyRing, shown: Shown) -> None:
    """`PasskeyRefused`: answered already, or removed meanwhile. `PasskeyCopied`."""
    use_challenge(session, keyring, shown.challenge)
    passkey = session.get(Passkey, shown.passkey_id, with_for_update=True)
    if passkey is None:
        raise PasskeyRefused
    if not passkey.counts_on(shown.sign_count):
        raise PasskeyCopied
    passkey.use(shown.sign_count)


def note_copy(house: House, shown: Shown, request_id: str) -> None:
    """The refusal keeps nothing; that a counter went back is kept."""
    with house.context.database.writing() as session:
        actor = Actor(session.get_one(User, shown.user_id), request_id)
        act(session, actor, "passkey.copied", "passkey", shown.passkey_id)
