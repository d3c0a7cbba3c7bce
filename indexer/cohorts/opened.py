"""The faces of a cohort, opened once; of too few that open, again after a while, for somebody may mend them."""

import time

from sqlalchemy.orm import Session

from indexer.cohorts.base import Cohort, RawBecause
from indexer.cohorts.records import load_cohort, member_count
from indexer.keyring import KeyRing
from indexer.normalising import LEAST_COHORT
from models.cohort import Cohort as CohortRecord

AGAIN_SECONDS = 60.0


class OpenedCohort:
    """Of one pack. One thread at a time."""

    def __init__(self, dimension: int, keyring: KeyRing) -> None:
        self._dimension, self._keyring = dimension, keyring
        self._cohort: Cohort | None = None
        self._members = 0
        self._again_at = 0.0

    def of(self, session: Session, record: CohortRecord) -> Cohort | RawBecause:
        """Without members that were deleted or will not open; or why so few are left that they are of no use."""
        members = member_count(session, record.id)
        cohort = self._cohort
        is_other = cohort is None or (cohort.id, self._members) != (record.id, members)
        if cohort is None or is_other or (cohort.least < LEAST_COHORT and time.monotonic() >= self._again_at):
            cohort = load_cohort(session, self._keyring, record, self._dimension)
            self._cohort, self._members, self._again_at = cohort, members, time.monotonic() + AGAIN_SECONDS
        if cohort.least >= LEAST_COHORT:
            return cohort
        return RawBecause.COHORT_UNREADABLE if len(cohort) < members else RawBecause.FEWER_THAN_300_FACES
