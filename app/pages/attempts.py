"""A form's change, made whole or not at all, where a refusal is shown beside the form."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.errors import status_of
from app.house import House
from models.errors import HomewardError


def attempt(house: House, work: Callable[[Session], object]) -> HomewardError | None:
    """Why ``work`` was refused; then nothing of it is kept. The service's own faults are raised."""
    try:
        with house.context.database.writing() as session:
            work(session)
    except HomewardError as error:
        if status_of(type(error)) >= 500:
            raise
        return error
    return None
