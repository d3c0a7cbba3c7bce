"""The root of what the indexer raises."""

from models.errors import HomewardError


class IndexerError(HomewardError):
    """The indexer could not do this."""
