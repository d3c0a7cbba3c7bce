"""Messages to the operator."""

from indexer.errors.base import IndexerError


class MessageNotSent(IndexerError):
    """A message could not be sent by {channel}: {reason}. It waits and is tried again."""
