"""The root of Homeward's errors, and the errors that records raise themselves.

    HomewardError
    ├── RecordError              a record refused a change of state
    ├── indexer.errors.*         faces, packs, gallery, images, storage, keys
    └── app.errors.*             people, permissions, requests

A class's docstring is its message; ``{names}`` in it are filled from keyword arguments. ``code`` is the class name in
snake case: it is what an API client reads, so renaming a class is a breaking change.
"""

import re
from typing import ClassVar


class HomewardError(Exception):
    """Homeward could not do this."""

    code: ClassVar[str] = "homeward_error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **details: object) -> None:
        self.details = details
        message = " ".join((type(self).__doc__ or "").split())
        super().__init__(message.format(**details))


class RecordError(HomewardError):
    """The record does not allow this change."""


class WrongState(RecordError):
    """The {thing} is {state}, so it cannot be {change}."""


class AlreadyAnswered(RecordError):
    """This reviewer has already answered for this candidate; answers are locked."""


class SamePerson(RecordError):
    """A second person has to do this: {reason}."""


class DatabaseKeyWrong(HomewardError):
    """The database {file} cannot be opened with this key: it is another key's, or it is damaged.

    Put the right key file in place, or restore a backup; nothing was changed."""


class SchemaUnknown(HomewardError):
    """The database has schema {found}, this version of Homeward needs {needed}: {remedy}."""


class NotInstalled(HomewardError):
    """There is no installation in {path}: run `homeward init`, or set HOMEWARD_DATA_DIR to where it is."""
