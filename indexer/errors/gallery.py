"""The gallery and its snapshots."""

from indexer.errors.base import IndexerError


class GalleryError(IndexerError):
    """The gallery could not do this."""


class FaceAlreadyInGallery(GalleryError):
    """Face {face_id} is already in the gallery."""


class ForeignPack(GalleryError):
    """Templates of pack {found} cannot be compared with those of pack {expected}."""


class TemplateUnusable(GalleryError):
    """A template must have {dimension} finite numbers and unit length: {reason}."""


class GalleryNotReady(GalleryError):
    """The gallery is still being loaded; try again in a few seconds."""


class SnapshotError(GalleryError):
    """The snapshot cannot be used."""


class SnapshotMissing(SnapshotError):
    """There is no snapshot at {path}."""


class SnapshotDamaged(SnapshotError):
    """The snapshot {path} is damaged: {reason}."""


class SnapshotForeign(SnapshotError):
    """The snapshot {path} was made for pack {found}; this gallery is of pack {expected}."""


class SnapshotNotWritten(SnapshotError):
    """The snapshot {path} could not be written: {reason}. Searches go on; the next start-up takes longer."""
