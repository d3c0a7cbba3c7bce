"""People: accounts, how they are invited, and how they prove who they are."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.errors import SamePerson, WrongState
from models.types import Moment, RandomId, UtcDateTime, by_whom, now, one_of


class Role(StrEnum):
    VOLUNTEER = "volunteer"
    CASE_WORKER = "case_worker"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"


# An admin alone may not make the accounts that see cases or faces.
NEEDS_APPROVAL = frozenset({Role.CASE_WORKER, Role.REVIEWER, Role.SUPERVISOR})


class UserState(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"
    ACTIVE = "active"
    DISABLED = "disabled"


class User(Base):
    """One person, one account, one role."""

    __tablename__ = "users"

    id: Mapped[RandomId]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(one_of(Role))
    state: Mapped[UserState] = mapped_column(one_of(UserState))
    password_hash: Mapped[str | None] = mapped_column(String(256))
    created_at: Mapped[Moment] = mapped_column(default=now)
    conduct_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invited_by: Mapped[UUID | None] = by_whom()
    approved_by: Mapped[UUID | None] = by_whom()
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_active(self) -> bool:
        return self.state is UserState.ACTIVE

    def approve(self, supervisor: "User") -> None:
        if self.state is not UserState.AWAITING_APPROVAL:
            raise WrongState(thing="account", state=self.state, change="approved")
        if supervisor.id in (self.id, self.invited_by):
            raise SamePerson(reason="nobody approves an account they hold or invited")
        self.state, self.approved_by, self.approved_at = UserState.ACTIVE, supervisor.id, now()

    def disable(self) -> None:
        self.state, self.disabled_at = UserState.DISABLED, now()


class Invitation(Base):
    """A one-time way in, for one role. Only a digest of its token is kept."""

    __tablename__ = "invitations"

    id: Mapped[RandomId]
    role: Mapped[Role] = mapped_column(one_of(Role))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    founding: Mapped[bool] = mapped_column(default=False)  # made by `homeward init`: needs nobody's approval
    made_by: Mapped[UUID | None] = by_whom()
    made_at: Mapped[Moment] = mapped_column(default=now)
    expires_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[UUID | None] = by_whom()
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def is_open(self, at: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and at < self.expires_at

    def use(self, user: User) -> None:
        self.used_at, self.used_by = now(), user.id

    def revoke(self) -> None:
        if self.used_at is not None:
            raise WrongState(thing="invitation", state="used", change="revoked")
        self.revoked_at = self.revoked_at or now()


class StartedWith(StrEnum):
    """What was shown to begin a session."""

    PASSWORD = "password"  # noqa: S105 - a word, not one
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"  # beside the password
    INVITATION = "invitation"


class UserSession(Base):
    """A signed-in browser or program. Only a digest of its token is kept."""

    __tablename__ = "sessions"

    id: Mapped[RandomId]
    user_id: Mapped[UUID] = by_whom(index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    started_at: Mapped[Moment] = mapped_column(default=now)
    started_with: Mapped[StartedWith] = mapped_column(one_of(StartedWith), default=StartedWith.PASSWORD)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its person showed who they are once more
    expires_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def is_open(self, at: datetime) -> bool:
        return self.ended_at is None and at < self.expires_at

    def put_off(self, until: datetime) -> None:
        """It was used: it ends later. An ended one stays ended."""
        if self.ended_at is None:
            self.expires_at = until

    def prove(self) -> None:
        self.proved_at = now()

    def is_proved(self, since: datetime) -> bool:
        return self.proved_at is not None and self.proved_at > since

    def end(self) -> None:
        self.ended_at = self.ended_at or now()


class ApiKey(Base):
    """A volunteer's key. ``prefix`` is shown in lists; the rest is known to the volunteer alone."""

    __tablename__ = "api_keys"

    id: Mapped[RandomId]
    user_id: Mapped[UUID] = by_whom(index=True)
    prefix: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[Moment] = mapped_column(default=now)
    expires_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_on: Mapped[date | None]  # a day, not a time: a key's log is a log of where a volunteer was

    def is_open(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at

    def use(self, day: date) -> None:
        self.last_used_on = day

    def revoke(self) -> None:
        self.revoked_at = self.revoked_at or now()
