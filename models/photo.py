"""Street photos, the receipts volunteers hold for them, and the queue they form."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment, RandomId, UtcDateTime, by_whom, now, one_of

CRASHES_ALONE = 3  # a photo that takes its worker down this often while worked on alone is given up


class PhotoState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    HIDDEN = "hidden"  # withdrawn while people work on it; a supervisor decides


class Photo(Base):
    """One street photo, stored once however often it came. The table is the worker's queue.

    ``lease_number`` fences: a worker whose claim was given to another finds its number changed and writes nothing.
    """

    __tablename__ = "photos"
    __table_args__ = (Index("ix_photos_queue", "state", "alone", "queued_at"),)

    id: Mapped[RandomId]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    blob_name: Mapped[str] = mapped_column(String(120))
    sealed_exif: Mapped[bytes] = mapped_column(LargeBinary)  # time and place as the camera wrote them
    width: Mapped[int]
    height: Mapped[int]
    uploaded_at: Mapped[Moment] = mapped_column(default=now)
    near_repeat_of: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id", ondelete="SET NULL"), index=True)

    state: Mapped[PhotoState] = mapped_column(one_of(PhotoState), default=PhotoState.PENDING)
    queued_at: Mapped[Moment] = mapped_column(default=now)  # its place: may be still to come (indexer.allowance)
    alone: Mapped[bool] = mapped_column(default=False)
    crashes: Mapped[int] = mapped_column(default=0)
    lease_number: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worked_on_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    faces_found: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(64))  # a stable word: why no face, or why it failed

    def claim(self, until: datetime) -> None:
        self.state, self.leased_until, self.worked_on_at = PhotoState.CLAIMED, until, None
        self.lease_number += 1

    def start_work(self) -> None:
        """Mark it as the one being worked on: should the worker die now, this photo is charged."""
        self.worked_on_at = now()

    def release(self) -> None:
        """Back to its place in the queue, uncharged."""
        self.state, self.leased_until, self.worked_on_at = PhotoState.PENDING, None, None

    def postpone(self, end: datetime) -> None:
        """To the ``end`` of the queue, uncharged: the machine could not do it now, and others need not wait."""
        self.release()
        self.queued_at = end

    def charge_crash(self, end: datetime, reason: str = "worker_crashed") -> None:
        """Its worker or pack failed on it: to the ``end`` of the queue, to be tried alone; given up after three such
        tries, which is when ``reason`` is recorded."""
        self.crashes += self.alone
        self.release()
        self.alone, self.queued_at = True, end
        if self.crashes >= CRASHES_ALONE:
            self.fail(reason)

    def finish(self, faces_found: int, reason: str | None) -> None:
        self.release()
        self.state, self.done_at = PhotoState.DONE, now()
        self.faces_found, self.reason = faces_found, reason

    def fail(self, reason: str) -> None:
        self.release()
        self.state, self.done_at, self.reason = PhotoState.FAILED, now(), reason

    def retry(self, end: datetime) -> None:
        """An admin's second chance: at the ``end`` of the queue, alone."""
        self.release()
        self.crashes, self.alone, self.queued_at = 0, True, end
        self.done_at, self.reason = None, None

    def hide(self) -> None:
        self.release()
        self.state = PhotoState.HIDDEN

    def show(self) -> None:
        """Back to where it was when it was hidden; what nobody had worked on yet is in the queue again."""
        self.release()
        if self.done_at is not None:
            self.state = PhotoState.FAILED if self.faces_found is None else PhotoState.DONE

    def renew(self, until: datetime) -> None:
        self.leased_until = until


class PhotoBand(Base):
    """A keyed digest of one band of a photo's perceptual hash; equal bands mark near repeats."""

    __tablename__ = "photo_bands"

    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)


class Receipt(Base):
    """What a volunteer holds for one upload. Its id is the photo id volunteers know; it outlives the photo.

    ``photo_id`` is null once the photo is gone, or when an erased photo came again and was not kept.
    """

    __tablename__ = "receipts"
    __table_args__ = (Index("ix_receipts_list", "uploader_id", "uploaded_at", "id"),)  # one may have taken in a million

    id: Mapped[RandomId]
    uploader_id: Mapped[UUID] = by_whom()
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id", ondelete="SET NULL"), index=True)
    sealed_details: Mapped[bytes | None] = mapped_column(LargeBinary)  # the volunteer's words, under the photo's key
    uploaded_at: Mapped[Moment] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def withdraw(self) -> None:
        self.withdrawn_at, self.sealed_details = self.withdrawn_at or now(), None

    def forget_photo(self) -> None:
        """The photo is gone, and with it the key of what was said about it."""
        self.photo_id, self.sealed_details = None, None
