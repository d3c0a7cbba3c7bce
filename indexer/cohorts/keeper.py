"""The worker's part in cohorts: choose the faces anew when cases have come and gone, then measure every street face.

A cohort is of use once every face has its statistics; until then the one before it stays in use. Each step is one short
transaction, so photos that come meanwhile wait for nothing.
"""

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from indexer.cohorts.base import RawBecause
from indexer.cohorts.linked import LEAST_LINKED, eligible_linked, kinship
from indexer.cohorts.opened import OpenedCohort
from indexer.cohorts.records import eligible_references, left_for_every_case, newest, packed
from indexer.context import Context
from indexer.gallery.rules import rounded
from indexer.gallery.source import newest_change_number, templates_of
from indexer.logs import get_log
from indexer.normalising import LEAST_COHORT
from indexer.turns import take_turn
from models.cohort import Cohort as CohortRecord
from models.cohort import CohortMember, CohortSource, FaceStatistics
from models.face import Face, QualityClass
from models.template import ChangeKind, GalleryChange, Template

FACES_AT_ONCE = 1000
STALE_SHARE = 0.1
"""So many of its faces changed: a cohort is replaced. Less moves a mean of 50 nearest faces by next to nothing."""
LOOK_SECONDS = 60.0


class CohortKeeper:
    """One per worker. Of several workers each does a part."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._look_at = 0.0
        self._told: tuple[int, RawBecause] | None = None
        self._measured = (0, 0)  # of which cohort, and up to which change, no face is left to measure
        self._log = get_log()

    def step(self) -> bool:
        """The next piece of work, if there is any; whether there was. What the database raises."""
        if time.monotonic() < self._look_at:
            return False
        if self._replace() or self._measure():
            return True
        self._look_at = time.monotonic() + LOOK_SECONDS
        return False

    def soon(self) -> None:
        """Faces were added: look at the next step."""
        self._look_at = 0.0

    def _replace(self) -> bool:
        pack_id = self._context.pack.info.id
        with self._context.database.reading() as session:
            if not is_replacement_due(session, pack_id):
                return False
        with self._context.database.writing() as session:
            take_turn(session, _turn(pack_id))
            if is_replacement_due(session, pack_id):  # no other worker was quicker
                cohort = choose(session, pack_id)
                if cohort is not None:
                    self._log.info("cohort_chosen", cohort=cohort.id, source=cohort.source, faces=cohort.size)
        return True

    def _measure(self) -> bool:
        """A thousand faces more, of the newest cohort; when none is left it is ready, and older ones go."""
        info = self._context.pack.info
        with self._context.database.reading() as session:
            record = newest(session, info.id, ready=False)
            if record is None:
                return False
            cohort = self._opened.of(session, record)
            if isinstance(cohort, RawBecause):  # scores stay as they are, or become raw
                self._tell_once(record.id, cohort)
                return False
            newest_number = newest_change_number(session)
            missing = self._missing(session, record, newest_number)
            loaded = templates_of(session, self._context.keyring, info.id, info.dimension, missing)
            kin = kinship(session, info.id, cohort, loaded.face_ids.tolist())
        if not len(loaded.face_ids):  # what will not open is not asked for again by this worker
            self._measured = record.id, newest_number
            if record.ready_at is not None:
                return False
        numbers = packed(cohort.statistics(rounded(loaded.templates, info.dimension).astype(np.float32), kin))
        with self._context.database.writing() as session:
            take_turn(session, _turn(info.id))
            if numbers:
                store_statistics(session, record.id, dict(zip(loaded.face_ids.tolist(), numbers, strict=True)))
            else:
                become_ready(session, record.id)
                self._log.info("cohort_ready", cohort=record.id)
        return True

    def _missing(self, session: Session, record: CohortRecord, newest_number: int) -> list[int]:
        """Once every face is measured only those are asked for that came since: a gallery may be large."""
        cohort_id, done = self._measured
        if (cohort_id, done) == (record.id, newest_number):
            return []
        return unmeasured(session, record, done if cohort_id == record.id else 0)

    @cached_property
    def _opened(self) -> OpenedCohort:
        return OpenedCohort(self._context.pack.info.dimension, self._context.keyring)

    def _tell_once(self, cohort_id: int, because: RawBecause) -> None:
        if self._told != (cohort_id, because):
            self._log.error("cohort_of_no_use", cohort=cohort_id, reason=because.value)
            self._told = cohort_id, because


def is_replacement_due(session: Session, pack_id: str) -> bool:
    """Whether enough faces of other children are there, and those in use are too few of them."""
    best = best_faces(session, pack_id)
    if best is None:
        return False
    record = newest(session, pack_id, ready=False)
    if record is None or record.source is not best.source:
        return True
    eligible = set(best.face_ids)
    members = set(session.scalars(select(CohortMember.face_id).where(CohortMember.cohort_id == record.id)))
    changed = len(eligible ^ members) + record.size - len(members)
    return changed > STALE_SHARE * record.size


@dataclass(frozen=True)
class Chosen:
    """Faces that may stand for other children, and whose they are."""

    source: CohortSource
    face_ids: list[int]


def best_faces(session: Session, pack_id: str) -> Chosen | None:
    """References of cases where there are enough, else street faces of linked children; else only a folder is left."""
    references = eligible_references(session, pack_id)
    if left_for_every_case(references.values()) >= LEAST_COHORT:
        return Chosen(CohortSource.REFERENCES, list(references))
    linked = eligible_linked(session, pack_id)
    return Chosen(CohortSource.LINKED_FACES, linked) if len(linked) >= LEAST_LINKED else None


def choose(session: Session, pack_id: str) -> CohortRecord | None:
    """A new cohort of the best faces there are, if any; not of use before it is measured."""
    best = best_faces(session, pack_id)
    if best is None:
        return None
    face_ids = _locked(session, best.face_ids)
    record = CohortRecord(pack_id=pack_id, source=best.source, size=len(face_ids))
    session.add(record)
    session.flush()
    session.add_all(CohortMember(cohort_id=record.id, number=at, face_id=each) for at, each in enumerate(face_ids))
    session.flush()
    return record


def unmeasured(session: Session, record: CohortRecord, after: int) -> list[int]:
    """The next enrolled street faces without statistics, `FACES_AT_ONCE` at most; only of those that the gallery gained
    by a change later than ``after``, unless that is 0."""
    measured = select(FaceStatistics.face_id).where(
        FaceStatistics.cohort_id == record.id, FaceStatistics.face_id == Face.id
    )
    query = select(Face.id).join(Template, (Template.face_id == Face.id) & (Template.pack_id == record.pack_id))
    of_street = query.where(Face.photo_id.is_not(None), Face.quality_class != QualityClass.NOT_ENROLLED)
    if after:
        came = select(GalleryChange.face_id).where(
            GalleryChange.number > after, GalleryChange.pack_id == record.pack_id
        )
        of_street = of_street.where(Face.id.in_(came.where(GalleryChange.kind == ChangeKind.ADD)))
    return list(session.scalars(of_street.where(~measured.exists()).order_by(Face.id).limit(FACES_AT_ONCE)))


def store_statistics(session: Session, cohort_id: int, numbers: dict[int, bytes]) -> None:
    """Of the faces that are still there, for a cohort that is still there."""
    if session.get(CohortRecord, cohort_id) is None:
        return
    present = _locked(session, list(numbers))
    stored = select(FaceStatistics.face_id).where(FaceStatistics.cohort_id == cohort_id)
    already = set(session.scalars(stored.where(FaceStatistics.face_id.in_(present))))
    session.add_all(
        FaceStatistics(cohort_id=cohort_id, face_id=each, numbers=numbers[each])
        for each in present
        if each not in already
    )


def become_ready(session: Session, cohort_id: int) -> None:
    """From this commit on it is the one in use, and those before it are gone."""
    record = session.get(CohortRecord, cohort_id)
    if record is None or record.ready_at is not None:
        return
    record.become_ready()
    older = CohortRecord.pack_id == record.pack_id, CohortRecord.id < cohort_id
    session.execute(delete(CohortRecord).where(*older))


def _locked(session: Session, face_ids: list[int]) -> list[int]:
    """Those that are there, and stay until this transaction ends."""
    here = select(Face.id).where(Face.id.in_(face_ids)).order_by(Face.id)
    return list(session.scalars(here.with_for_update(read=True, key_share=True)))


def _turn(pack_id: str) -> str:
    return f"cohort {pack_id}"
