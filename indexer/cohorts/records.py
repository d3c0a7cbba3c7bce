"""What the database says of cohorts: who may be in one, and which is in use."""

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from indexer.cohorts.base import Cohort, fold_of
from indexer.cohorts.known import KnownFaces
from indexer.cohorts.limits import MOST, MOST_PER_CHILD
from indexer.errors import SealBroken
from indexer.gallery.source import templates_of
from indexer.keyring import KeyRing
from indexer.normalising import Statistics
from indexer.sealed_records import case_key, cohort_key, unseal_template
from models.case import Case, CaseState
from models.cohort import Cohort as CohortRecord
from models.cohort import CohortMember, CohortSource, FaceStatistics
from models.face import Face
from models.reference import Reference, ReferenceState
from models.template import Template

_NUMBERS = np.dtype("<f8")


def eligible_references(session: Session, pack_id: str) -> dict[int, UUID]:
    """The faces of references that may stand for other children, each with its case, at most `MOST`: a stable sample,
    ids being random."""
    chosen = (Face.reference_id == Reference.id) & (Face.number == Reference.chosen)
    place = func.row_number().over(partition_by=Reference.case_id, order_by=(Reference.added_at, Reference.id))
    ranked = (
        select(Face.id.label("face_id"), Reference.id.label("reference_id"), Reference.case_id, place.label("place"))
        .join(Reference, chosen)
        .join(Case, Reference.case_id == Case.id)
        .join(Template, (Template.face_id == Face.id) & (Template.pack_id == pack_id))
        .where(Case.state == CaseState.APPROVED, Reference.state == ReferenceState.READY)
        .where(Reference.approved_at.is_not(None))
        .subquery()
    )
    within = select(ranked.c.face_id, ranked.c.case_id).where(ranked.c.place <= MOST_PER_CHILD)
    rows = session.execute(within.order_by(ranked.c.reference_id).limit(MOST)).all()
    return {row.face_id: row.case_id for row in rows}


def left_for_every_case(case_ids: Collection[UUID]) -> int:
    """Of faces of these cases, how many are left for the cases of the largest fold."""
    per_fold = Counter(fold_of(each) for each in case_ids)
    return len(case_ids) - max(per_fold.values(), default=0)


def newest(session: Session, pack_id: str, *, ready: bool) -> CohortRecord | None:
    """The newest that is ready for use, or the newest of all."""
    query = select(CohortRecord).where(CohortRecord.pack_id == pack_id).order_by(CohortRecord.id.desc()).limit(1)
    return session.scalar(query.where(CohortRecord.ready_at.is_not(None)) if ready else query)


def member_count(session: Session, cohort_id: int) -> int:
    """How many are left: a member goes with its face."""
    return session.scalar(select(func.count()).where(CohortMember.cohort_id == cohort_id)) or 0


def load_cohort(session: Session, keyring: KeyRing, record: CohortRecord, dimension: int) -> Cohort:
    """With the templates of all members that are left and open: a bad row must not keep the others from speaking."""
    if record.source is CohortSource.LINKED_FACES:
        return _linked(session, keyring, record, dimension)
    members = _references(session, keyring, record) + _folder(session, keyring, record)
    templates = np.stack([member.template for member in members]) if members else np.empty((0, dimension), np.float32)
    return Cohort(record.id, record.source, templates, np.array([member.fold for member in members], np.int64))


def _linked(session: Session, keyring: KeyRing, record: CohortRecord, dimension: int) -> Cohort:
    members = select(CohortMember.face_id).where(CohortMember.cohort_id == record.id, CohortMember.face_id.is_not(None))
    face_ids = [face_id for face_id in session.scalars(members.order_by(CohortMember.number)) if face_id is not None]
    loaded = templates_of(session, keyring, record.pack_id, dimension, face_ids)
    no_folds = np.full(len(loaded.face_ids), -1, np.int64)
    return Cohort(record.id, record.source, loaded.templates, no_folds, loaded.face_ids)


def load_known(session: Session, cohort: Cohort) -> KnownFaces:
    """The statistics that are stored for this cohort."""
    stored = select(FaceStatistics.face_id, FaceStatistics.numbers).where(FaceStatistics.cohort_id == cohort.id)
    rows = session.execute(stored.order_by(FaceStatistics.face_id)).all()
    face_ids = np.array([row.face_id for row in rows], np.int64)
    return KnownFaces(face_ids, unpacked([row.numbers for row in rows], cohort.variants))


def packed(variants: Sequence[Statistics]) -> list[bytes]:
    """One row of bytes per face: mean and deviation with each variant, as little-endian doubles."""
    table = np.stack([column for each in variants for column in (each.means, each.deviations)], axis=1)
    return [row.astype(_NUMBERS).tobytes() for row in table]


def unpacked(rows: Sequence[bytes], variants: int) -> list[Statistics]:
    """`packed`, read back."""
    table = np.frombuffer(b"".join(rows), _NUMBERS).reshape(len(rows), variants, 2).astype(np.float64)
    return [Statistics(table[:, each, 0], table[:, each, 1]) for each in range(variants)]


@dataclass(frozen=True)
class _Member:
    template: NDArray[np.float32]
    fold: int


def _references(session: Session, keyring: KeyRing, record: CohortRecord) -> list[_Member]:
    query = (
        select(Template.face_id, Template.sealed, Case)
        .options(load_only(Case.id, Case.wrapped_key))
        .join(CohortMember, CohortMember.face_id == Template.face_id)
        .join(Face, Face.id == Template.face_id)
        .join(Reference, Reference.id == Face.reference_id)
        .join(Case, Case.id == Reference.case_id)
        .where(CohortMember.cohort_id == record.id, Template.pack_id == record.pack_id)
        .order_by(CohortMember.number)
    )
    keys: dict[UUID, bytes] = {}
    members = []
    for face_id, sealed, case in session.execute(query):
        with suppress(SealBroken):
            key = keys.get(case.id) or keys.setdefault(case.id, case_key(keyring, case))
            members.append(_Member(unseal_template(key, sealed, face_id, record.pack_id), fold_of(case.id)))
    return members


def _folder(session: Session, keyring: KeyRing, record: CohortRecord) -> list[_Member]:
    if record.wrapped_key is None:
        return []
    members = []
    query = select(CohortMember).where(CohortMember.cohort_id == record.id).order_by(CohortMember.number)
    for row in session.scalars(query):
        if row.sealed is not None:
            with suppress(SealBroken):
                key = cohort_key(keyring, record.wrapped_key, record.id)
                members.append(_Member(unseal_template(key, row.sealed, row.number, record.pack_id), -1))
    return members
