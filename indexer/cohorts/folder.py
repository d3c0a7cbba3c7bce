"""A cohort of pictures that the operator chose: other children, one face each, none of whom is searched for here.

For installations with too few cases. Their templates are kept sealed; the pictures stay where they are.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from indexer.cohorts.keeper import best_faces
from indexer.cohorts.limits import MOST
from indexer.context import Context
from indexer.errors import CohortNotNeeded, CohortTooSmall, ImageRefused
from indexer.images import decode_crop, encode_crop, face_crop
from indexer.mirroring import embed_both_ways
from indexer.normalising import LEAST_COHORT
from indexer.packs.base import FaceCrop, Pixels, Templates
from indexer.sealed_records import new_cohort_key, seal_template
from models.cohort import Cohort as CohortRecord
from models.cohort import CohortMember, CohortSource


def cohort_from_folder(context: Context, files: Sequence[Path], tell: Callable[[], None]) -> CohortRecord:
    """Record a cohort of the strongest face of each picture; the worker measures every street face with it.

    Pictures that cannot be read, show no face or were seen before are passed over. ``tell`` is called after each.
    `CohortNotNeeded`, `CohortTooSmall`.
    """
    with context.database.reading() as session:
        better = best_faces(session, context.pack.info.id)
    if better is not None:
        raise CohortNotNeeded(count=len(better.face_ids))
    templates = _templates(context, files, tell)
    if len(templates) < LEAST_COHORT:
        raise CohortTooSmall(count=len(templates), least=LEAST_COHORT)
    with context.database.writing() as session:
        return _record(session, context, templates)


def _record(session: Session, context: Context, templates: list[Templates]) -> CohortRecord:
    pack_id = context.pack.info.id
    record = CohortRecord(pack_id=pack_id, source=CohortSource.FOLDER, size=len(templates))
    session.add(record)
    session.flush()
    key, record.wrapped_key = new_cohort_key(context.keyring, record.id)
    for number, template in enumerate(templates):
        sealed = seal_template(key, template, number, pack_id)
        session.add(CohortMember(cohort_id=record.id, number=number, sealed=sealed))
    session.flush()
    return record


def _templates(context: Context, files: Sequence[Path], tell: Callable[[], None]) -> list[Templates]:
    """One vector, shape (dimension,), per usable picture, `MOST` at most."""
    seen: set[bytes] = set()
    templates: list[Templates] = []
    for file in files:
        if len(templates) == MOST:
            break
        template = _template(context, file, seen)
        if template is not None:
            templates.append(template)
        tell()
    return templates


def _template(context: Context, file: Path, seen: set[bytes]) -> Templates | None:
    try:
        data = file.read_bytes()
        digest = hashlib.sha256(data).digest()
        if digest in seen:
            return None
        picture = context.decoder.pixels(context.decoder.decode(data).jpeg)
    except (OSError, ImageRefused):
        return None
    seen.add(digest)
    return _strongest(context, picture)


def _strongest(context: Context, picture: Pixels) -> Templates | None:
    faces = context.pack.find(picture)
    if not faces:
        return None
    cut = face_crop(picture, faces[0].box, faces[0].landmarks)
    crop = FaceCrop(decode_crop(encode_crop(cut.pixels)), cut.landmarks)
    template: Templates = embed_both_ways(context.pack, [crop])[0]  # as references are
    return template
