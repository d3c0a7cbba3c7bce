"""What bodies and answers have in common."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

Value = TypeVar("Value")


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
