"""A gallery made from the database: recovered at the start, then following its changes.

The database is the truth. What is here may be thrown away at any time; a snapshot only makes the next start shorter.
"""

import time
from enum import StrEnum
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from indexer.errors import SnapshotError
from indexer.gallery.base import Gallery
from indexer.gallery.snapshot import read_snapshot, write_snapshot
from indexer.gallery.source import anchor, change_numbered, changes_after, faces_in_gallery, newest_change, templates_of
from indexer.keyring import KeyRing
from indexer.logs import get_log
from models.template import ChangeKind, GalleryChange

CHANGES_AT_ONCE = 5000
SNAPSHOT_PAUSE_SECONDS = 60.0
"""An erased face is out of the sealed snapshot after so long at the latest; and a full disk is not asked more often."""


class Recovery(StrEnum):
    """How a gallery came to be. All but the first mean: rebuilt from the database, because the snapshot was so."""

    LOADED = "loaded"
    MISSING = "snapshot_missing"
    DAMAGED = "snapshot_damaged"
    FOREIGN = "snapshot_foreign"
    STALE = "snapshot_stale"  # of another history: the database was restored from a backup since


class GalleryProjection:
    """Keeps ``gallery`` as the database has it. One thread at a time; the gallery may be searched meanwhile."""

    def __init__(self, gallery: Gallery, keyring: KeyRing, directory: Path, snapshot_every: int) -> None:
        self.gallery = gallery
        self.last_change = 0
        self._keyring, self._directory, self._snapshot_every = keyring, directory, snapshot_every
        self._anchor = ""
        self._unsaved = 0
        self._overdue = False  # the snapshot on disk is unusable, or still holds a face that was removed
        self._not_before = 0.0
        self._log = get_log()

    def recover(self, session: Session) -> Recovery:
        """Load the snapshot, or rebuild from the database; then apply the tail. Whatever was in it before is gone."""
        began = time.monotonic()
        self.gallery.remove(self.gallery.export()[0])
        outcome = self._load(session)
        if outcome is not Recovery.LOADED:
            self._rebuild(session)
        self.catch_up(session)
        say = self._log.info if outcome in {Recovery.LOADED, Recovery.MISSING} else self._log.warning
        size, seconds = len(self.gallery), round(time.monotonic() - began, 3)
        say("gallery_recovered", outcome=outcome, faces=size, seconds=seconds, pack=self.gallery.pack_id)
        return outcome

    def catch_up(self, session: Session) -> int:
        """Apply what was committed since, in order; how many changes. To apply one again does nothing."""
        applied = 0
        while changes := changes_after(session, self.last_change, CHANGES_AT_ONCE):
            self._apply(session, [change for change in changes if change.pack_id == self.gallery.pack_id])
            self.last_change, self._anchor = changes[-1].number, anchor(changes[-1])
            applied += len(changes)
        self._unsaved += applied
        return applied

    def maybe_snapshot(self) -> bool:
        """Write one when enough has changed, or a removed face is still in the old one. `SnapshotNotWritten`."""
        is_due = self._overdue or self._unsaved >= self._snapshot_every
        if not is_due or time.monotonic() < self._not_before:
            return False
        self.snapshot()
        return True

    def finish(self) -> None:
        """Leave no removed face in a snapshot that may lie for long. `SnapshotNotWritten`."""
        if self._overdue:
            self.snapshot()

    def snapshot(self) -> None:
        """Write one now. `SnapshotNotWritten`."""
        self._not_before = time.monotonic() + SNAPSHOT_PAUSE_SECONDS
        key = self._keyring.snapshot_key
        write_snapshot(self._directory, self.gallery, self.last_change, key, anchor=self._anchor)
        self._unsaved, self._overdue = 0, False

    def _load(self, session: Session) -> Recovery:
        pack_id, dimension = self.gallery.pack_id, self.gallery.dimension
        try:
            manifest, face_ids, stored = read_snapshot(self._directory, pack_id, dimension, self._keyring.snapshot_key)
        except SnapshotError as error:
            return Recovery(error.code)
        if anchor(change_numbered(session, manifest.last_change)) != manifest.anchor:
            return Recovery.STALE
        for start in range(0, len(face_ids), CHANGES_AT_ONCE):  # in singles all at once would take twice the gallery
            some = slice(start, start + CHANGES_AT_ONCE)
            self.gallery.add(face_ids[some], stored[some].astype(np.float32))
        self.last_change, self._anchor = manifest.last_change, manifest.anchor
        return Recovery.LOADED

    def _rebuild(self, session: Session) -> None:
        newest = newest_change(session)  # read first: what is committed meanwhile is applied again, which does nothing
        self._add(session, faces_in_gallery(session, self.gallery.pack_id))
        self.last_change, self._anchor = (newest.number if newest else 0), anchor(newest)
        self._overdue = True

    def _apply(self, session: Session, changes: list[GalleryChange]) -> None:
        """A face that was removed and added is taken out first: what comes back is its template of now."""
        last = {change.face_id: change.kind for change in changes}
        removed = [change.face_id for change in changes if change.kind is ChangeKind.REMOVE]
        if self.gallery.remove(np.array(removed, np.int64)):
            self._overdue = True
        added = [face_id for face_id, kind in last.items() if kind is ChangeKind.ADD and face_id not in self.gallery]
        self._add(session, added)

    def _add(self, session: Session, face_ids: list[int]) -> None:
        for start in range(0, len(face_ids), CHANGES_AT_ONCE):
            some = face_ids[start : start + CHANGES_AT_ONCE]
            loaded = templates_of(session, self._keyring, self.gallery.pack_id, self.gallery.dimension, some)
            self.gallery.add(loaded.face_ids, loaded.templates)
            if loaded.unreadable:  # one bad row must not keep every other face from being found
                self._log.error("templates_unreadable", faces=loaded.unreadable, pack=self.gallery.pack_id)
