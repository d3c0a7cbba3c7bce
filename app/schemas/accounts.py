"""Accounts, invitations and keys as the API shows and takes them."""

import unicodedata
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from app.schemas.base import Answer, Asked
from models.user import Role, UserState


def _same_for_eyes(name: object) -> object:
    """One spelling per name: two accounts must not look alike."""
    return unicodedata.normalize("NFKC", name).casefold().strip() if isinstance(name, str) else name


def _speakable(name: str) -> str:
    if not all(character.isalnum() or character in "._-@ " for character in name):
        raise ValueError("a name has letters, digits, spaces and . _ - @ only")
    return name


AccountName = Annotated[
    str, BeforeValidator(_same_for_eyes), Field(min_length=2, max_length=64), AfterValidator(_speakable)
]


class SignIn(Asked):
    """`recovery_code` only for an account that has a passkey: each is good once."""

    name: AccountName
    password: Annotated[str, Field(min_length=1, max_length=128)]
    recovery_code: Annotated[str | None, Field(max_length=64)] = None


class Acceptance(Asked):
    """A one-time invitation becomes an account. Volunteers have no password: they get a key."""

    invitation: Annotated[str, Field(max_length=80)]
    name: AccountName
    password: Annotated[str | None, Field(max_length=128)] = None
    accept_conduct: bool


def _way_in(body: object) -> str:
    return "acceptance" if isinstance(body, dict) and "invitation" in body else "sign_in"


# Told apart by the invitation, so that faults are told of the one that was meant.
WayIn = Annotated[Annotated[SignIn, Tag("sign_in")] | Annotated[Acceptance, Tag("acceptance")], Discriminator(_way_in)]


class AccountOut(Answer):
    id: UUID
    name: str
    role: Role
    state: UserState


class SignedIn(Answer):
    """`token` is shown this once."""

    kind: Literal["session", "key"]
    token: str
    expires_at: datetime
    account: AccountOut


class AuthorityOut(Answer):
    id: UUID
    name: str
    contact: str


class Me(Answer):
    id: UUID
    name: str
    role: Role
    state: UserState
    authorities: list[AuthorityOut] | None  # for supervisors: to whom a release may go


class UserOut(AccountOut):
    created_at: datetime
    invited_by: UUID | None
    approved_by: UUID | None
    disabled_at: datetime | None


class NewInvitation(Asked):
    role: Role
    note: Annotated[str, Field(max_length=200)] = ""


class InvitationOut(Answer):
    id: UUID
    role: Role
    note: str
    founding: bool
    made_by: UUID | None
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class MadeInvitation(Answer):
    """`token` is shown this once."""

    id: UUID
    role: Role
    token: str
    expires_at: datetime


class NewKey(Asked):
    user_id: UUID


class KeyOut(Answer):
    id: UUID
    user_id: UUID
    prefix: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_on: date | None


class MadeKey(Answer):
    """`key` is shown this once."""

    id: UUID
    user_id: UUID
    key: str
    expires_at: datetime
