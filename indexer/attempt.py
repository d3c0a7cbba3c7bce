"""One worker's attempt at one photo: mark it, work on it, record all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from indexer.claims import Claim, held, queue_end, renew
from indexer.context import Context
from indexer.discards import announce, keep
from indexer.errors import BlobMissing, ImageRefused, PackFailed, SealBroken, StoredTooLate
from indexer.face_rows import face_row
from indexer.ingest import WorkedPhoto, work_photo
from indexer.lease import LeaseKeeper
from indexer.sealed_records import Template, photo_key, seal_template
from models.face import Face, QualityClass
from models.photo import Photo
from models.template import ChangeKind, change_gallery
from models.template import Template as TemplateRecord

PHOTOS_FAULT = (ImageRefused, BlobMissing, SealBroken)
"""Errors that the same photo would raise again, whatever the machine."""


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    CHARGED = "charged"  # the pack failed on it: it will be tried alone, or was given up
    LOST = "lost"  # to another worker, or to an erasure: nothing was written


@dataclass(frozen=True)
class Result:
    """What became of an attempt; ``faces`` and ``reason`` as they were recorded."""

    outcome: Outcome
    faces: int = 0
    reason: str | None = None


LOST = Result(Outcome.LOST)


def attempt(context: Context, claim: Claim, batch: Sequence[Claim]) -> Result:
    """Work on ``claim``, keeping it and the rest of ``batch`` leased meanwhile.

    The machine's faults pass through: `StorageError`, `DecoderUnavailable`, SQLAlchemy's `OperationalError`.
    """
    seconds = context.settings.lease_seconds
    with context.database.writing() as session:
        photo = held(session, claim)
        if photo is None:
            return LOST
        photo.start_work()
        renew(session, batch, seconds)  # the photos before it in the batch may have taken a while
    with LeaseKeeper(context.database, batch, seconds) as lease:

        def announce_crops(names: Sequence[str]) -> None:
            announce(context.database, names, seconds)
            lease.guard(names)

        try:
            key = photo_key(context.keyring, photo)
            worked = work_photo(context, photo.id, photo.blob_name, key, announce_crops)
            return record(context, claim, key, worked)
        except PHOTOS_FAULT as error:
            return _fail(context, claim, error.code)
        except PackFailed as error:
            return _charge(context, claim, error)
        except StoredTooLate:  # so late that another has the photo, or will have it
            return LOST


def record(context: Context, claim: Claim, key: bytes, worked: WorkedPhoto) -> Result:
    """Faces, templates, gallery changes and the photo's state in one transaction, if ``claim`` still holds."""
    info = context.pack.info
    with context.database.writing() as session:
        photo = held(session, claim)
        if photo is None:
            return LOST
        keep(session, [face.blob_name for face in worked.faces])
        rows = [face_row(number, face, info, photo_id=photo.id) for number, face in enumerate(worked.faces)]
        session.add_all(rows)
        session.flush()  # gives the faces their ids, which their sealed templates are bound to
        for row, template in zip(rows, worked.templates, strict=True):
            _add_template(session, key, row, template, info.id)
        photo.finish(len(rows), worked.reason)
    return Result(Outcome.DONE, len(rows), worked.reason)


def _fail(context: Context, claim: Claim, code: str) -> Result:
    with context.database.writing() as session:
        photo: Photo | None = held(session, claim)
        if photo is None:
            return LOST
        photo.fail(code)
    return Result(Outcome.FAILED, reason=code)


def _charge(context: Context, claim: Claim, error: PackFailed) -> Result:
    """As if the worker had died on it, but it has not."""
    with context.database.writing() as session:
        photo: Photo | None = held(session, claim)
        if photo is None:
            return LOST
        photo.charge_crash(queue_end(session), error.code)
    return Result(Outcome.CHARGED, reason=str(error.details["kind"]))


def _add_template(session: Session, key: bytes, face: Face, template: Template, pack_id: str) -> None:
    sealed = seal_template(key, template, face.id, pack_id)
    session.add(TemplateRecord(face_id=face.id, pack_id=pack_id, sealed=sealed))
    if face.quality_class is not QualityClass.NOT_ENROLLED:
        change_gallery(session, ChangeKind.ADD, face.id, pack_id)
