"""What was asked to be forgotten, and the ledger that keeps it forgotten."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.errors import SamePerson, WrongState
from models.types import BigId, Moment, RandomId, UtcDateTime, by_whom, now, one_of
from models.user import User


class ErasureState(StrEnum):
    PROPOSED = "proposed"
    DONE = "done"
    NOT_NEEDED = "not_needed"  # withdrawn, and then sent again by somebody else


class Erasure(Base):
    """One photo to be erased: proposed by an admin, or by its volunteer's withdrawal while people work on it."""

    __tablename__ = "erasures"

    id: Mapped[RandomId]
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"))
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[ErasureState] = mapped_column(one_of(ErasureState), default=ErasureState.PROPOSED)
    proposed_by: Mapped[UUID] = by_whom()
    proposed_at: Mapped[Moment] = mapped_column(default=now)
    approved_by: Mapped[UUID | None] = by_whom()
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def approve(self, supervisor: User) -> None:
        if self.state is not ErasureState.PROPOSED:
            raise WrongState(thing="erasure", state=self.state, change="approved")
        if supervisor.id == self.proposed_by:
            raise SamePerson(reason="an erasure is approved by someone other than its proposer")
        self.state, self.approved_by, self.approved_at = ErasureState.DONE, supervisor.id, now()

    def drop(self) -> None:
        """It was a withdrawal, and somebody else sent the photo too: it stays."""
        self.state = ErasureState.NOT_NEEDED


class LedgerKind(StrEnum):
    """The first two come from an erasure that two people decided: they keep a photo and its near repeats away.

    The third comes from a volunteer's withdrawal. It keeps nothing away from anybody; a restored backup asks for it.
    """

    DIGEST = "digest"
    BAND = "band"
    WITHDRAWN = "withdrawn"


class LedgerEntry(Base):
    """A keyed digest of something that is gone: of a photo's bytes, or of one band of its perceptual hash."""

    __tablename__ = "erasure_ledger"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    photo_id: Mapped[UUID] = mapped_column(index=True)  # of a photo that is gone, or that a person is gone from
    kind: Mapped[LedgerKind] = mapped_column(one_of(LedgerKind))
    band: Mapped[int | None]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    erased_at: Mapped[Moment] = mapped_column(default=now)


class DiscardedBlob(Base):
    """Stored bytes that nothing needs any more. They are deleted after the commit that says so, never before."""

    __tablename__ = "discarded_blobs"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[Moment] = mapped_column(default=now)
