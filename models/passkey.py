"""What stands beside a password, or instead of it: passkeys, and the codes for when one is lost."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment, RandomId, UtcDateTime, by_whom, now


class Passkey(Base):
    """One passkey (WebAuthn). Only what its authenticator shows anyone: its id and its public key."""

    __tablename__ = "passkeys"

    id: Mapped[RandomId]
    user_id: Mapped[UUID] = by_whom(index=True)
    name: Mapped[str] = mapped_column(String(64))
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True)  # a keyed digest of the id, to find it by
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)  # COSE, as the authenticator gave it
    sign_count: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[Moment] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def counts_on(self, sign_count: int) -> bool:
        """Whether an authenticator that used it ``sign_count`` times is the only one; many always say 0."""
        return sign_count > self.sign_count or sign_count == self.sign_count == 0

    def use(self, sign_count: int) -> None:
        self.sign_count, self.last_used_at = sign_count, now()


class RecoveryCode(Base):
    """Good once, beside the password, when the passkey is lost. Only a keyed digest of it is kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[RandomId]
    user_id: Mapped[UUID] = by_whom(index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[Moment] = mapped_column(default=now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def use(self) -> None:
        self.used_at = now()


class UsedChallenge(Base):
    """A challenge that a passkey has answered. It is not taken again while it would still be good."""

    __tablename__ = "used_challenges"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[Moment] = mapped_column(index=True)
