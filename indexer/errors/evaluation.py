"""Evaluations: datasets, caches, reports, and what is fitted in them."""

from indexer.errors.base import IndexerError


class EvaluationError(IndexerError):
    """The evaluation cannot be made."""


class DatasetEmpty(EvaluationError):
    """The folder {folder} holds no picture; give one with pictures, one folder or name or table line per person."""


class DatasetUnclear(EvaluationError):
    """{file} does not fit the rest of the dataset: {reason}."""


class DatasetLineWrong(EvaluationError):
    """Line {line} of {file} cannot be used: {reason}."""


class DatasetTooFewPeople(EvaluationError):
    """The dataset {folder} shows {people} person; at least two are needed to tell anybody from anybody."""


class DatasetUnreadable(EvaluationError):
    """{file} cannot be read: {reason}."""


class EvaluationExtraMissing(EvaluationError):
    """`homeward evaluate` needs {package}: run `make evaluation`, or `uv pip install 'homeward[evaluate]'`."""


class CacheUnusable(EvaluationError):
    """The cache {file} cannot be used: {reason}. It holds nothing that cannot be made again: delete it, or give another
    folder with --cache."""


class ReportNotWritten(EvaluationError):
    """The report cannot be written to {path}: {reason}."""


class NothingFitted(EvaluationError):
    """Nothing was fitted: {reason}. The rest of the report is written."""


class CalibrationWrong(EvaluationError):
    """This is no calibration that can be used: {reason}."""
