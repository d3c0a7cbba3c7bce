"""Which cohort scores of one pack are normalised against just now."""

from sqlalchemy.orm import Session

from indexer.cohorts.base import Cohort, RawBecause
from indexer.cohorts.records import load_cohort, member_count, newest
from indexer.keyring import KeyRing
from indexer.logs import get_log
from indexer.normalising import LEAST_COHORT


class CohortInUse:
    """Holds its templates. One thread at a time."""

    def __init__(self, pack_id: str, dimension: int, keyring: KeyRing) -> None:
        self._pack_id, self._dimension, self._keyring = pack_id, dimension, keyring
        self._cohort: Cohort | None = None
        self._left = 0
        self._log = get_log()

    def follow(self, session: Session) -> Cohort | RawBecause:
        """The cohort, without members that were deleted or will not open; or why scores are raw."""
        record = newest(session, self._pack_id, ready=True)
        left = member_count(session, record.id) if record else 0
        if record is None or left < LEAST_COHORT:
            self._cohort = None
            coming = newest(session, self._pack_id, ready=False)
            is_coming = coming is not None and coming.ready_at is None
            return RawBecause.COHORT_NOT_READY if is_coming else RawBecause.FEWER_THAN_300_FACES
        if self._cohort is None or self._cohort.id != record.id or left != self._left:
            self._cohort = load_cohort(session, self._keyring, record, self._dimension)
            self._left = left
            if self._cohort.least < LEAST_COHORT:
                self._log.error("cohort_too_small", cohort=record.id, faces=self._cohort.least)
        return self._cohort if self._cohort.least >= LEAST_COHORT else RawBecause.FEWER_THAN_300_FACES
