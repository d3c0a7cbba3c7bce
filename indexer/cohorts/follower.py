"""The service's part in cohorts: follow which one is in use, and rank by it."""

from functools import partial

from sqlalchemy.orm import Session

from indexer.cohorts.base import RawBecause
from indexer.cohorts.in_use import CohortInUse
from indexer.cohorts.known import KnownFaces, brought_up
from indexer.cohorts.linked import kinship
from indexer.cohorts.records import load_known
from indexer.gallery.base import Gallery
from indexer.keyring import KeyRing
from indexer.logs import get_log
from indexer.rankers import NormalisedRanker, Ranker, RawRanker


class CohortFollower:
    """Holds the ranker of one gallery. One thread follows; any may use `ranker` meanwhile."""

    def __init__(self, gallery: Gallery, keyring: KeyRing) -> None:
        self._gallery = gallery
        self._in_use = CohortInUse(gallery.pack_id, gallery.dimension, keyring)
        self._known: KnownFaces | None = None
        self._measured: int | None = None  # the cohort that `_known` belongs to
        self.ranker: Ranker = RawRanker(RawBecause.COHORT_NOT_READY)
        self._log = get_log()

    @property
    def known_faces(self) -> int:
        """How many faces are measured."""
        return len(self._known) if self._known else 0

    def follow(self, session: Session, *, gallery_changed: bool) -> None:
        """Rank by the cohort that is in use now, with every face of the gallery measured."""
        cohort = self._in_use.follow(session)
        if isinstance(cohort, RawBecause):
            self._known = self._measured = None
            if cohort is RawBecause.COHORT_UNREADABLE and self.ranker.raw_because is not cohort:
                self._log.error("cohort_unreadable")
            self.ranker = RawRanker(cohort)
            return
        is_new = self._known is None or self._measured != cohort.id
        if is_new or self._known is None:
            self._known, self._measured = load_known(session, cohort), cohort.id
            self._log.info("cohort_followed", cohort=cohort.id, source=cohort.source, faces=len(cohort))
        if is_new or gallery_changed:
            kin = partial(kinship, session, self._gallery.pack_id, cohort)
            self._known = brought_up(self._known, self._gallery, cohort, kin)
        self.ranker = NormalisedRanker(cohort, self._known)
