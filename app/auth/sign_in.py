"""Getting in: with a name and a password, with a passkey, or for the first time with an invitation.

Checking a password takes a seventh of a second and 64 MiB, so it is done between two transactions, never inside one.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.challenges import Purpose
from app.auth.passkeys import site_of
from app.auth.passwords import hash_password, password_fits
from app.auth.proofs import Proof, held_account, new_key, new_session
from app.auth.second_step import take_second_step
from app.auth.shown import note_copy, shown_passkey, use_shown
from app.auth.tokens import TokenKind, kind_of, token_digest
from app.errors import (
    ConductNotAccepted,
    NameTaken,
    PasskeyCopied,
    PasskeyRefused,
    PasswordNotWanted,
    PasswordWeak,
    SignInRefused,
)
from app.house import House
from app.schemas.accounts import Acceptance, SignIn
from app.services.accounts import new_account
from models.actor import Actor
from models.records import Invitation, User
from models.types import now
from models.user import Role, StartedWith, UserState


def sign_in(house: House, asked: SignIn, source: str, request_id: str) -> Proof:
    """A new session. `SignInRefused` (one answer for every reason), `TooManyRequests`.

    `SecondStepWanted`: name and password are right, and the account has a passkey.
    """
    house.throttle.check(asked.name, source)
    with house.context.database.reading() as session:
        user = session.scalar(select(User).where(User.name == asked.name))
    fits = password_fits(asked.password, user.password_hash if user else None)
    try:
        proof = _with_password(house, user if fits else None, asked.recovery_code, request_id)
    except SignInRefused:
        house.throttle.failed(asked.name, source)
        raise
    house.throttle.succeeded(asked.name, source)
    return proof


def _with_password(house: House, checked: User | None, code: str | None, request_id: str) -> Proof:
    """The account is read again: what was changed or disabled while the password was checked counts."""
    if checked is None:
        raise SignInRefused
    with house.context.database.writing() as session:
        user = held_account(session, checked.id)
        if user.state is UserState.DISABLED or user.password_hash != checked.password_hash:
            raise SignInRefused
        actor = Actor(user, request_id)
        started_with = take_second_step(session, house.context.keyring, actor, code)
        return new_session(session, house, actor, started_with)


def sign_in_with_passkey(house: House, text: str, browser: str, request_id: str) -> Proof:
    """A new session. `SignInRefused` (one answer for every reason), `PasskeysNotSetUp`.

    Not throttled: what is guessed here is a signature.
    """
    site_of(house.settings)
    try:
        shown = shown_passkey(house, Purpose.SIGN_IN, browser, text)
        with house.context.database.writing() as session:
            user = held_account(session, shown.user_id)
            if user.state is UserState.DISABLED:
                raise SignInRefused
            use_shown(session, house.context.keyring, shown)
            return new_session(session, house, Actor(user, request_id), StartedWith.PASSKEY)
    except PasskeyCopied:
        note_copy(house, shown, request_id)
        raise SignInRefused from None
    except PasskeyRefused:
        raise SignInRefused from None


def accept_invitation(house: House, asked: Acceptance, request_id: str) -> Proof:
    """A new account. `SignInRefused`, `ConductNotAccepted`, `NameTaken`, `PasswordWeak`, `PasswordNotWanted`.

    Not throttled: an invitation has 256 random bits, and a wrong checksum does not get as far as the database.
    """
    if kind_of(asked.invitation) is not TokenKind.INVITATION:
        raise SignInRefused
    if not asked.accept_conduct:
        raise ConductNotAccepted
    digest = token_digest(house.context.keyring, asked.invitation)
    with house.context.database.reading() as session:
        role = _open_invitation(session, digest).role
    password_hash = _password_hash(house, asked, role)
    with house.context.database.writing() as session:
        invitation = _open_invitation(session, digest, lock=True)
        if session.scalar(select(User.id).where(User.name == asked.name)):
            raise NameTaken(name=asked.name)
        actor = Actor(new_account(session, invitation, asked.name, password_hash), request_id)
        if role is Role.VOLUNTEER:
            return new_key(session, house, actor)
        return new_session(session, house, actor, StartedWith.INVITATION)


def _open_invitation(session: Session, digest: str, lock: bool = False) -> Invitation:
    """``lock``: a second acceptance waits for the first one's commit and finds the invitation used."""
    query = select(Invitation).where(Invitation.token_hash == digest)
    invitation = session.scalar(query.with_for_update() if lock else query)
    if invitation is None or not invitation.is_open(now()):
        raise SignInRefused
    return invitation


def _password_hash(house: House, asked: Acceptance, role: Role) -> str | None:
    if role is Role.VOLUNTEER:
        if asked.password is not None:
            raise PasswordNotWanted
        return None
    length = house.settings.password_length
    if asked.password is None:
        raise PasswordWeak(length=length)
    return hash_password(asked.password, asked.name, length)
