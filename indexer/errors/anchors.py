"""Anchors of the audit log, kept outside."""

from indexer.errors.base import IndexerError


class AnchorFileUnreadable(IndexerError):
    """{path} does not hold anchors of the audit log: {reason}. Name the file that `anchor_file` of the settings names,
    or one with a line NUMBER:HASH for each anchor."""
