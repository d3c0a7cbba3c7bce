"""The queue of photos: who may work on which, and for how long.

A claim is a lease with a number. Whoever finds the number changed lost the photo to another and writes nothing. A mark,
committed before a photo is opened, says which of a worker's photos is to blame should the worker die.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from indexer.clock import database_now
from models.photo import Photo, PhotoState

_AFTER = timedelta(milliseconds=1)
WAITING = frozenset({PhotoState.PENDING, PhotoState.CLAIMED})


@dataclass(frozen=True)
class Claim:
    """One photo in one worker's hands."""

    photo_id: UUID
    number: int


@dataclass(frozen=True)
class Reclaimed:
    """What dead workers left: photos they were working on, and of these the given up; photos they only held."""

    charged: int
    failed: int
    released: int


def claim_batch(session: Session, size: int, seconds: float) -> list[Claim]:
    """The next photos: up to ``size`` in the order they came, or a single one that has to be tried alone."""
    fresh = list(session.scalars(_queue(alone=False).limit(size)))
    alone = session.scalars(_queue(alone=True).limit(1)).one_or_none()
    if alone and (not fresh or alone.queued_at < fresh[0].queued_at):
        fresh = [alone]
    until = database_now(session) + timedelta(seconds=seconds)
    for photo in fresh:
        photo.claim(until)
    return [Claim(photo.id, photo.lease_number) for photo in fresh]


def _queue(alone: bool) -> Select[Photo]:
    waiting = select(Photo).where(Photo.state == PhotoState.PENDING, Photo.alone.is_(alone))
    return waiting.order_by(Photo.queued_at, Photo.id).with_for_update(skip_locked=True)


def queue_end(session: Session) -> datetime:
    """Behind every photo that waits: places may be moments that are still to come."""
    last = session.scalar(select(func.max(Photo.queued_at)).where(Photo.state == PhotoState.PENDING))
    moment = database_now(session)
    return max(moment, last + _AFTER) if last else moment


def held(session: Session, claim: Claim) -> Photo | None:
    """The photo, locked, if ``claim`` still holds it."""
    return next(iter(_still_held(session, [claim])), None)


def _still_held(session: Session, claims: Iterable[Claim]) -> Sequence[Photo]:
    ours = tuple_(Photo.id, Photo.lease_number).in_([(claim.photo_id, claim.number) for claim in claims])
    held_photos = select(Photo).where(ours, Photo.state == PhotoState.CLAIMED).order_by(Photo.id)
    return session.scalars(held_photos.with_for_update()).all()


def renew(session: Session, claims: Iterable[Claim], seconds: float) -> None:
    """Hold what is still held for ``seconds`` from now."""
    until = database_now(session) + timedelta(seconds=seconds)
    for photo in _still_held(session, claims):
        photo.renew(until)


def give_back(session: Session, claims: Iterable[Claim]) -> None:
    """Back to their places in the queue, uncharged. The one that was begun goes to the end: the others need not wait
    behind what the machine could not do just now."""
    for photo in _still_held(session, claims):
        if photo.worked_on_at is None:
            photo.release()
        else:
            photo.postpone(queue_end(session))


def reclaim_expired(session: Session) -> Reclaimed:
    """Take back what dead workers held, and charge the photos they were working on."""
    expired = select(Photo).where(Photo.state == PhotoState.CLAIMED, Photo.leased_until < database_now(session))
    photos = session.scalars(expired.with_for_update(skip_locked=True)).all()
    marked = [photo for photo in photos if photo.worked_on_at is not None]
    for photo in photos:
        if photo.worked_on_at is None:
            photo.release()
        else:
            photo.charge_crash(queue_end(session))
    failed = sum(photo.state is PhotoState.FAILED for photo in marked)
    return Reclaimed(charged=len(marked), failed=failed, released=len(photos) - len(marked))


def is_any_waiting(session: Session) -> bool:
    """Whether a photo waits or is in some worker's hands."""
    return session.scalar(select(Photo.id).where(Photo.state.in_(WAITING)).limit(1)) is not None


def retry_failed(session: Session, photo_ids: Iterable[UUID] | None = None) -> list[UUID]:
    """An admin's second chance for ``photo_ids``, or for every failed photo; those that went back into the queue."""
    failed = select(Photo).where(Photo.state == PhotoState.FAILED)
    if photo_ids is not None:
        failed = failed.where(Photo.id.in_(list(photo_ids)))
    photos = session.scalars(failed.with_for_update()).all()
    for photo in photos:
        photo.retry(queue_end(session))
    return [photo.id for photo in photos]
