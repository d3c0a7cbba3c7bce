"""What scores are normalised against, and what links faces."""

from indexer.errors.base import IndexerError


class CohortRefused(IndexerError):
    """The pictures make no cohort."""


class CohortTooSmall(CohortRefused):
    """Only {count} pictures of the folder show a face of their own; {least} are needed, or normalising would harm."""


class CohortNotNeeded(CohortRefused):
    """{count} references of open cases, or faces of linked children, speak better than any folder and are used."""


class LinkingWrong(IndexerError):
    """This is no threshold for linking faces: {reason}."""
