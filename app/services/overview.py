"""Counts and conditions for those who run the house."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.house import House
from app.schemas.overview import Filing, GalleryOut, PackOut, Queue, Stats
from indexer.gallery.follower import GalleryFollower
from indexer.messages.outbox import given_up
from indexer.packs.base import PackInfo
from models.photo import PhotoState
from models.records import Face, GalleryChange, PackRecord, Photo
from models.types import now

FILING_LIMIT = 100_000
FILING_NEAR = 0.8


def statistics(session: Session) -> Stats:
    by_state = dict(session.execute(select(Photo.state, func.count()).group_by(Photo.state)).all())
    reasons = select(Photo.reason, func.count()).where(Photo.reason.is_not(None)).group_by(Photo.reason)
    on_street = select(func.count()).select_from(Face).where(Face.photo_id.is_not(None))
    stored = session.scalar(select(func.count()).select_from(Face)) or 0
    return Stats(
        photos_by_state={state.value: by_state.get(state, 0) for state in PhotoState},
        photos_by_reason={str(reason): count for reason, count in session.execute(reasons)},
        queue=_queue(session),
        faces=session.scalar(on_street) or 0,
        filing=Filing(limit=FILING_LIMIT, stored_faces=stored, near=stored >= FILING_NEAR * FILING_LIMIT),
        messages_given_up=given_up(session),
    )


def _queue(session: Session) -> Queue:
    waiting = Photo.state.in_([PhotoState.PENDING, PhotoState.CLAIMED])
    count, oldest = session.execute(select(func.count(), func.min(Photo.uploaded_at)).where(waiting)).one()
    return Queue(waiting=count, oldest_seconds=int((now() - oldest).total_seconds()) if oldest else None)


def gallery_state(session: Session, follower: GalleryFollower) -> GalleryOut:
    newest = session.scalar(select(func.max(GalleryChange.number))) or 0
    if not follower.is_ready:
        return GalleryOut(pack_id=None, faces=0, last_change=0, newest_change=newest, lag=newest, ready=False)
    gallery, last = follower.gallery, follower.last_change
    # The follower may have taken in a change that this session's snapshot does not show yet.
    lag = max(newest - last, 0)
    return GalleryOut(
        pack_id=gallery.pack_id, faces=len(gallery), last_change=last, newest_change=newest, lag=lag, ready=True
    )


def packs_known(session: Session, house: House) -> list[PackOut]:
    """The pack in use first; its limits are known once the gallery is loaded, and with it the pack."""
    used = house.context.pack.info if house.follower.is_ready else None
    records = session.scalars(select(PackRecord).order_by(PackRecord.first_used_at, PackRecord.id))
    earlier = [
        PackOut(id=each.id, name=each.name, licence=each.licence, limits=None, dimension=each.dimension, in_use=False)
        for each in records
        if used is None or each.id != used.id
    ]
    return earlier if used is None else [_pack_in_use(used), *earlier]


def _pack_in_use(info: PackInfo) -> PackOut:
    return PackOut(
        id=info.id, name=info.name, licence=info.licence, limits=info.limits, dimension=info.dimension, in_use=True
    )
