"""Photos that are not taken in."""

from indexer.errors.base import IndexerError


class PhotoRefused(IndexerError):
    """The photo was not taken in."""


class FileTooLarge(PhotoRefused):
    """The file is larger than {limit} bytes."""


class FileUnreadable(PhotoRefused):
    """The file cannot be read: {reason}."""


class VolunteerUnknown(IndexerError):
    """There is no active volunteer account called {name}; photos are taken in under one."""
