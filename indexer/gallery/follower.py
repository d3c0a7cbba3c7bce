"""The gallery that a service searches: loaded beside it in a thread, following the database from then on."""

from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from indexer.cohorts.follower import CohortFollower
from indexer.context import Context
from indexer.errors import GalleryNotReady, SnapshotNotWritten
from indexer.gallery.base import Gallery
from indexer.gallery.projection import GalleryProjection, Recovery
from indexer.logs import get_log
from indexer.rankers import Ranker
from models.errors import HomewardError

LONGEST_WAIT_SECONDS = 30.0


class GalleryFollower:
    """A context manager: inside it a thread keeps the gallery as the database has it. Safe to use from any thread.

    Until the gallery is whole, and again should the thread ever die, it is not ready: a search then says so, rather
    than answer from part of the faces. Trouble with the database or the pack is waited out.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._projection: GalleryProjection | None = None
        self._cohorts: CohortFollower | None = None
        self._measured_to = 0  # the change up to which `_cohorts` has followed, whatever failed between
        self._working = Lock()
        self._ready, self._stopping = Event(), Event()
        self._thread = Thread(target=self._run, name="gallery-follower", daemon=True)
        self._log = get_log()
        self.recovery: Recovery | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join()

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    def wait_ready(self, seconds: float) -> bool:
        """Whether it is ready, after waiting for it so long at most."""
        return self._ready.wait(seconds)

    @property
    def gallery(self) -> Gallery:
        """`GalleryNotReady`."""
        return self._made.gallery

    @property
    def ranker(self) -> Ranker:
        """How the faces of the gallery are put in order now. `GalleryNotReady`."""
        if self._cohorts is None or not self.is_ready:
            raise GalleryNotReady
        return self._cohorts.ranker

    @property
    def size(self) -> int:
        """How many faces are searched. `GalleryNotReady`."""
        return len(self.gallery)

    @property
    def last_change(self) -> int:
        """Number of the newest change that the gallery has. `GalleryNotReady`."""
        return self._made.last_change

    @property
    def _made(self) -> GalleryProjection:
        if self._projection is None or not self.is_ready:
            raise GalleryNotReady
        return self._projection

    def recover(self) -> Recovery:
        """Load or rebuild the gallery now. `PackError`, and what the database raises."""
        with self._working:
            self._ready.clear()
            projection = self._projection or self._new_projection()
            with self._context.database.reading() as session:
                self.recovery = projection.recover(session)
                cohorts = CohortFollower(projection.gallery, self._context.keyring)
                cohorts.follow(session, gallery_changed=True)
            self._projection, self._cohorts, self._measured_to = projection, cohorts, projection.last_change
            self._ready.set()
            return self.recovery

    def catch_up(self) -> int:
        """Apply now what was committed; how many changes. `GalleryNotReady`."""
        with self._working, self._context.database.reading() as session:
            projection = self._made
            applied = projection.catch_up(session)
            if self._cohorts is not None:
                self._cohorts.follow(session, gallery_changed=projection.last_change != self._measured_to)
                self._measured_to = projection.last_change
            return applied

    def snapshot(self) -> None:
        """Write a snapshot now, as after an erasure. `GalleryNotReady`, `SnapshotNotWritten`."""
        with self._working:
            self._made.snapshot()

    def _new_projection(self) -> GalleryProjection:
        from indexer.gallery.faiss_gallery import FaissGallery

        settings, info = self._context.settings, self._context.pack.info
        gallery = FaissGallery(info.id, info.dimension)
        return GalleryProjection(gallery, self._context.keyring, settings.snapshot_dir, settings.snapshot_every)

    def _run(self) -> None:
        try:
            wait = self._context.settings.follow_seconds
            while not self._stopping.is_set():
                wait = self._context.settings.follow_seconds if self._step() else min(2 * wait, LONGEST_WAIT_SECONDS)
                self._stopping.wait(wait)
            self._finish()
        finally:
            self._ready.clear()

    def _step(self) -> bool:
        """Recover or follow, once; whether that went well."""
        try:
            if not self.is_ready:
                self.recover()
            self.catch_up()
            self._maybe_snapshot()
        except (SQLAlchemyError, HomewardError, OSError) as error:
            code = error.code if isinstance(error, HomewardError) else type(error).__name__
            self._log.error("gallery_not_followed", code=code)
            return False
        return True

    def _maybe_snapshot(self) -> None:
        with self._working:
            try:
                self._made.maybe_snapshot()
            except SnapshotNotWritten as error:
                self._log.warning("snapshot_not_written", code=error.code)

    def _finish(self) -> None:
        with self._working:
            try:
                if self.is_ready:
                    self._made.finish()
            except SnapshotNotWritten as error:
                self._log.warning("snapshot_not_written", code=error.code)
