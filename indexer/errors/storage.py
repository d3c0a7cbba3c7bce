"""Stored bytes."""

from indexer.errors.base import IndexerError


class StorageError(IndexerError):
    """The storage could not do this."""


class BlobMissing(StorageError):
    """The stored file {name} is missing; `homeward doctor` lists what else is."""


class BlobNameUnusable(StorageError):
    """{name} is no name for stored bytes."""


class StorageUnavailable(StorageError):
    """The storage did not do this: {reason}. Nothing was half kept; try again when it works."""


class StorageFull(StorageError):
    """There is no room left to store this; nothing was kept. Free space and send it again."""


class StoredTooLate(StorageError):
    """Stored bytes were not recorded in time and may have been cleared away; nothing was kept, do it again."""


class DataDirExposed(StorageError):
    """The data directory {path} can be entered by others (mode {mode}); run `chmod 700 {path}`."""


class DataExposed(StorageError):
    """{path} can be read by others (mode {mode}); run `chmod go-rwx {path}`."""
