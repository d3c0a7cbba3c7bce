"""A worker's own copy of the gallery: made when it is first needed, let go when it has not been for a while."""

import time

from sqlalchemy.orm import Session

from indexer.cohorts.follower import CohortFollower
from indexer.context import Context
from indexer.gallery.base import Gallery
from indexer.gallery.projection import GalleryProjection
from indexer.rankers import Ranker

KEPT_SECONDS = 600.0
"""Loading it again takes a moment, keeping it takes the memory of all templates."""


class LazyGallery:
    """Shared by the parts of one worker. It reads the service's snapshot, and writes none."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._projection: GalleryProjection | None = None
        self._cohorts: CohortFollower | None = None
        self._let_go_at = 0.0

    def at(self, session: Session) -> Gallery:
        """With every face that ``session`` sees. What the database raises."""
        self._let_go_at = time.monotonic() + KEPT_SECONDS
        projection = self._projection
        if projection is None:
            projection = self._new()
            projection.recover(session)
            self._projection = projection
        projection.catch_up(session)
        return projection.gallery

    def ranker(self, session: Session) -> Ranker:
        """How its faces are put in order now."""
        gallery = self.at(session)
        if self._cohorts is None:
            self._cohorts = CohortFollower(gallery, self._context.keyring)
        self._cohorts.follow(session, gallery_changed=True)
        return self._cohorts.ranker

    def rest(self) -> None:
        """Nobody needs it at this moment."""
        if self._projection is not None and time.monotonic() > self._let_go_at:
            self._projection = self._cohorts = None

    def _new(self) -> GalleryProjection:
        from indexer.gallery.faiss_gallery import FaissGallery

        settings, info = self._context.settings, self._context.pack.info
        gallery = FaissGallery(info.id, info.dimension)
        return GalleryProjection(gallery, self._context.keyring, settings.snapshot_dir, settings.snapshot_every)
