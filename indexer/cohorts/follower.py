"""The service's part in cohorts: follow which one is in use, and rank by it."""

from sqlalchemy.orm import Session

from indexer.cohorts.base import Cohort, RawBecause
from indexer.cohorts.known import KnownFaces, brought_up
from indexer.cohorts.records import load_cohort, load_known, member_count, newest
from indexer.gallery.base import Gallery
from indexer.keyring import KeyRing
from indexer.logs import get_log
from indexer.normalising import LEAST_COHORT
from indexer.rankers import NormalisedRanker, Ranker, RawRanker


class CohortFollower:
    """Holds the ranker of one gallery. One thread follows; any may use `ranker` meanwhile."""

    def __init__(self, gallery: Gallery, keyring: KeyRing) -> None:
        self._gallery, self._keyring = gallery, keyring
        self._cohort: Cohort | None = None
        self._known: KnownFaces | None = None
        self._left = 0
        self.ranker: Ranker = RawRanker(RawBecause.COHORT_NOT_READY)
        self._log = get_log()

    @property
    def known_faces(self) -> int:
        """How many faces are measured."""
        return len(self._known) if self._known else 0

    def follow(self, session: Session, *, gallery_changed: bool) -> None:
        """Rank by the cohort that is in use now, with every face of the gallery measured."""
        record = newest(session, self._gallery.pack_id, ready=True)
        left = member_count(session, record.id) if record else 0
        if record is None or left < LEAST_COHORT:
            self._rank_raw(session)
            return
        is_new = self._cohort is None or self._cohort.id != record.id
        if is_new or self._cohort is None or left != self._left:  # a member that was deleted is forgotten
            self._cohort = load_cohort(session, self._keyring, record, self._gallery.dimension)
            self._left = left
        if is_new or self._known is None:
            self._known = load_known(session, self._cohort)
            self._log.info("cohort_followed", cohort=record.id, source=record.source, faces=left)
        if is_new or gallery_changed:
            self._known = brought_up(self._known, self._gallery, self._cohort)
        self.ranker = NormalisedRanker(self._cohort, self._known)

    def _rank_raw(self, session: Session) -> None:
        self._cohort = self._known = None
        coming = newest(session, self._gallery.pack_id, ready=False)
        self.ranker = RawRanker(RawBecause.COHORT_NOT_READY if coming else RawBecause.FEWER_THAN_300_FACES)
