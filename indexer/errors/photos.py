"""Photos that are not taken in."""

from indexer.errors.base import IndexerError


class PhotoRefused(IndexerError):
    """The photo was not taken in."""


class FileTooLarge(PhotoRefused):
    """The file is larger than {limit} bytes."""


class FileUnreadable(PhotoRefused):
    """The file cannot be read: {reason}."""


class UploadQuotaReached(IndexerError):
    """{limit} photos a day are the limit of one account, and today's were sent. Go on in {seconds} seconds."""


class OnHold(IndexerError):
    """A legal hold lies on this {thing}: nothing of it is destroyed before a supervisor lifts it."""


class VolunteerUnknown(IndexerError):
    """There is no active volunteer account called {name}; photos are taken in under one."""
