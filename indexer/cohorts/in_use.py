"""Which cohort scores of one pack are normalised against just now."""

from sqlalchemy.orm import Session

from indexer.cohorts.base import Cohort, RawBecause
from indexer.cohorts.opened import OpenedCohort
from indexer.cohorts.records import newest
from indexer.keyring import KeyRing


class CohortInUse:
    """Holds its templates. One thread at a time."""

    def __init__(self, pack_id: str, dimension: int, keyring: KeyRing) -> None:
        self._pack_id = pack_id
        self._ready, self._coming = OpenedCohort(dimension, keyring), OpenedCohort(dimension, keyring)

    def follow(self, session: Session) -> Cohort | RawBecause:
        """The cohort, without members that were deleted or will not open; or why scores are raw."""
        record, coming = (newest(session, self._pack_id, ready=ready) for ready in (True, False))
        opened = self._ready.of(session, record) if record else RawBecause.FEWER_THAN_300_FACES
        if isinstance(opened, Cohort) or coming is None or coming.ready_at is not None:
            return opened
        next_one = self._coming.of(session, coming)
        return RawBecause.COHORT_NOT_READY if isinstance(next_one, Cohort) else next_one
