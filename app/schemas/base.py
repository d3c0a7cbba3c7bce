"""What bodies and answers have in common."""

from pydantic import BaseModel, ConfigDict


class Asked(BaseModel):
    """A body: an unknown field is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Answer(BaseModel):
    """An answer: made from a record's attributes of the same names."""

    model_config = ConfigDict(from_attributes=True)
