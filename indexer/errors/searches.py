"""Faces of references, and cases that cannot be searched."""

from indexer.errors.base import IndexerError


class FaceRefused(IndexerError):
    """The face cannot be used."""


class NoFaceFound(FaceRefused):
    """No face was found: {advice}."""


class FaceNumberUnknown(FaceRefused):
    """There is no face number {number}; the picture has faces 0 to {last}."""


class ReferenceKnown(FaceRefused):
    """This picture is already a reference of the case."""


class CaseNotSearchable(IndexerError):
    """The case cannot be searched: {reason}."""
