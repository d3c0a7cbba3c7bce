"""What bodies and answers have in common."""

from typing import Annotated, TypeVar

from fastapi import UploadFile
from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator
from starlette.datastructures import UploadFile as ReceivedFile

Value = TypeVar("Value")


def _file_with_a_name(value: object) -> object:
    if not isinstance(value, ReceivedFile):
        raise ValueError("it must be sent as a file, with a file name, in a multipart/form-data form")  # noqa: TRY004 - a fault to pydantic
    return value


SentFile = Annotated[UploadFile, BeforeValidator(_file_with_a_name)]


class Asked(BaseModel):
    """A body: an unknown field is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Value) -> Value:
        """PostgreSQL keeps no text with one."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a text may not hold the character NUL")
        return value


class Answer(BaseModel):
    """An answer: made from a record's attributes of the same names."""

    model_config = ConfigDict(from_attributes=True)
