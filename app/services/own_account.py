"""What a person does to their own account: prove who they are once more, passkeys, recovery codes, the password."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.challenges import Purpose, new_challenge, require_challenge, use_challenge
from app.auth.passkeys import check_registration, options_to_register, options_to_sign, read_answer, site_of
from app.auth.passwords import hash_password, password_fits
from app.auth.proofs import Proof, end_all, held_account, new_session
from app.auth.second_step import codes_of, new_codes, passkeys_of
from app.auth.shown import credential_hash, note_copy, shown_passkey, use_shown
from app.auth.tokens import open_proof
from app.errors import (
    NotFound,
    NotSignedIn,
    PasskeyCopied,
    PasskeyRefused,
    PasswordWrong,
    ProofStale,
    TooManyPasskeys,
)
from app.house import House
from models.actor import Actor, act
from models.records import Passkey, User, UserSession
from models.types import now
from models.user import UserState

PROOF_MINUTES = 5
MOST_PASSKEYS = 10


@dataclass(frozen=True)
class OwnSession:
    """Who asks, and in which of their sessions: its bearer binds a challenge to one browser."""

    house: House
    actor: Actor
    bearer: str
    row: UserSession

    @property
    def is_proved(self) -> bool:
        return self.row.is_proved(now() - timedelta(minutes=PROOF_MINUTES))

    def require_proof(self) -> None:
        """`ProofStale`: who finds a browser open changes nothing."""
        if not self.is_proved:
            raise ProofStale(minutes=PROOF_MINUTES)


def _held(session: Session, own: OwnSession) -> User:
    """The account until commit, its session still open: what ended meanwhile changes nothing more. `NotSignedIn`."""
    user = held_account(session, own.actor.id)
    row = session.get_one(UserSession, own.row.id, populate_existing=True)
    if user.state is UserState.DISABLED or not row.is_open(now()):
        raise NotSignedIn
    return user


def own_session(house: House, actor: Actor, authorization: str | None) -> OwnSession:
    """`NotSignedIn`."""
    row = open_proof(house, authorization)
    if not isinstance(row, UserSession) or authorization is None:
        raise NotSignedIn
    return OwnSession(house, actor, authorization, row)


# --- proving it once more ---------------------------------------------------------------------------------------------


def prove_by_password(own: OwnSession, password: str, source: str) -> None:
    """`PasswordWrong`, `TooManyRequests`."""
    house, user = own.house, own.actor.user
    house.throttle.check(user.name, source)
    if not password_fits(password, user.password_hash):
        house.throttle.failed(user.name, source)
        raise PasswordWrong
    house.throttle.succeeded(user.name, source)
    with house.context.database.writing() as session:
        _prove(session, own, "with password")


def options_to_prove(own: OwnSession) -> str:
    """JSON for the browser: any passkey of this account. `PasskeysNotSetUp`."""
    site, challenge = site_of(own.house.settings), _challenge(own, Purpose.PROVE)
    with own.house.context.database.reading() as session:
        return options_to_sign(site, challenge, passkeys_of(session, own.actor.id))


def prove_by_passkey(own: OwnSession, text: str) -> None:
    """`PasskeyRefused`, `PasskeysNotSetUp`."""
    shown = shown_passkey(own.house, Purpose.PROVE, own.bearer, text)
    if shown.user_id != own.actor.id:
        raise PasskeyRefused
    try:
        with own.house.context.database.writing() as session:
            use_shown(session, own.house.context.keyring, shown)
            _prove(session, own, "with passkey")
    except PasskeyCopied:
        note_copy(own.house, shown, own.actor.request_id)
        raise


def _prove(session: Session, own: OwnSession, why: str) -> None:
    _held(session, own)
    session.get_one(UserSession, own.row.id).prove()
    act(session, own.actor, "session.prove", "session", own.row.id, why)


# --- passkeys and codes -----------------------------------------------------------------------------------------------


def options_for_passkey(own: OwnSession) -> str:
    """JSON for the browser. `ProofStale`, `PasskeysNotSetUp`, `TooManyPasskeys`."""
    own.require_proof()
    site, challenge = site_of(own.house.settings), _challenge(own, Purpose.REGISTER)
    with own.house.context.database.reading() as session:
        known = _passkeys_with_room(session, own.actor.id)
    return options_to_register(site, own.actor.user, known, challenge)


def register_passkey(own: OwnSession, name: str, text: str) -> list[str]:
    """The recovery codes that come with a first passkey, shown this once; else none.

    `ProofStale`, `PasskeyRefused`, `PasskeysNotSetUp`, `TooManyPasskeys`.
    """
    own.require_proof()
    keyring, actor = own.house.context.keyring, own.actor
    answer = read_answer(text)
    require_challenge(keyring, Purpose.REGISTER, own.bearer, answer.challenge)
    made = check_registration(site_of(own.house.settings), answer)
    passkey = Passkey(
        user_id=actor.id,
        name=name,
        credential_hash=credential_hash(keyring, made.credential_id),
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
    )
    with own.house.context.database.writing() as session:
        _held(session, own)
        use_challenge(session, keyring, answer.challenge)
        _add(session, passkey)
        act(session, actor, "passkey.register", "passkey", passkey.id)
        return [] if codes_of(session, actor.id) else new_codes(session, keyring, actor)


def _add(session: Session, passkey: Passkey) -> None:
    _passkeys_with_room(session, passkey.user_id)
    if session.scalar(select(Passkey.id).where(Passkey.credential_hash == passkey.credential_hash)):
        raise PasskeyRefused
    session.add(passkey)
    session.flush()


def _passkeys_with_room(session: Session, user_id: UUID) -> list[Passkey]:
    known = list(passkeys_of(session, user_id))
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys(limit=MOST_PASSKEYS)
    return known


def remove_passkey(own: OwnSession, passkey_id: UUID) -> None:
    """`ProofStale`, `NotFound`."""
    own.require_proof()
    with own.house.context.database.writing() as session:
        _held(session, own)
        passkey = session.get(Passkey, passkey_id)
        if passkey is None or passkey.user_id != own.actor.id:
            raise NotFound(thing="passkey")
        session.delete(passkey)
        act(session, own.actor, "passkey.remove", "passkey", passkey_id)


def renew_codes(own: OwnSession) -> list[str]:
    """Ten new codes; the earlier ones end. `ProofStale`."""
    own.require_proof()
    with own.house.context.database.writing() as session:
        _held(session, own)
        return new_codes(session, own.house.context.keyring, own.actor)


def _challenge(own: OwnSession, purpose: Purpose) -> bytes:
    return new_challenge(own.house.context.keyring, purpose, own.bearer)


# --- the password -----------------------------------------------------------------------------------------------------


def change_password(own: OwnSession, password: str) -> Proof:
    """A new session in the place of this one; every other ends. `ProofStale`, `PasswordWeak`."""
    own.require_proof()
    house, actor = own.house, own.actor
    password_hash = hash_password(password, actor.user.name, house.settings.password_length)
    with house.context.database.writing() as session:
        user = _held(session, own)
        user.password_hash = password_hash
        end_all(session, user)
        act(session, actor, "password.change", "user", user.id)
        return new_session(session, house, actor, own.row.started_with)
