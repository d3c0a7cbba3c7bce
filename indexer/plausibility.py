"""What people entered, held against each other: words that a reader of a list should notice, never an exclusion.

People err about ages, cameras about dates. A flag says that two entries cannot both be right; the face stays in its
place, and whoever reads the flag asks who was wrong. No flag holds a date, a place or an age.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAYS_PER_YEAR = 365.25
AGE_ERROR_YEARS = 4.0
"""Beyond this a guess at a child's age is a conflict. A judgement: people guess most children's ages within two or
three years, hunger and hardship make them look younger, and a wrong flag costs more than a missing one."""
REFERENCE_ERROR_YEARS = 1.5
"""Ages are said in whole years, and a birthday may lie between: more than this is an error in one of the entries."""
ZONES_DIFFER = timedelta(days=1)
"""A photo is taken on the day it was there, and sent on the day it was in UTC: in Tokyo a day earlier until nine."""


class Flag(StrEnum):
    """What a reader of the list should notice."""

    SAME_PHOTO = "same_photo"  # two faces of one photo cannot both be the child
    BEFORE_BIRTH = "photo_before_birth"
    BEFORE_MISSING = "photo_before_missing"
    TIME_IMPOSSIBLE = "photo_time_impossible"  # said to be taken after it was sent
    AGE_CONFLICT = "age_conflict"  # the child would be of another age than the volunteer thought
    SEX_CONFLICT = "sex_conflict"
    REFERENCE_DATES = "reference_dates_conflict"  # the best reference's date, age and date of birth disagree


@dataclass(frozen=True)
class ChildEntries:
    """What the case worker entered of the child."""

    born: date | None = None
    sex: str | None = None  # "female", "male"; anything else says nothing
    missing_since: date | None = None


@dataclass(frozen=True)
class ReferenceEntries:
    taken_on: date | None = None
    age_years: float | None = None


@dataclass(frozen=True)
class PhotoEntries:
    """What volunteers said of a photo, or its camera where they said nothing; one entry each for every volunteer.

    ``ages`` and ``sexes`` are of the only face in the photo: with several nobody knows whom they describe. ``places``
    are latitude and longitude.
    """

    sent_on: date
    taken_on: tuple[date, ...] = ()
    ages: tuple[float, ...] = ()
    sexes: tuple[str, ...] = ()
    places: tuple[tuple[float, float], ...] = ()


def entry_flags(child: ChildEntries, photo: PhotoEntries, reference: ReferenceEntries | None) -> list[Flag]:
    """In the order of `Flag`. Where volunteers differ, one who is plausible is enough."""
    return [
        *_time_flags(child, photo),
        *_look_flags(child, photo),
        *([Flag.REFERENCE_DATES] if reference and _reference_conflicts(child, reference) else []),
    ]


def _time_flags(child: ChildEntries, photo: PhotoEntries) -> Iterator[Flag]:
    latest = max((day for day in photo.taken_on if day <= photo.sent_on), default=photo.sent_on)
    if child.born and latest < child.born:
        yield Flag.BEFORE_BIRTH
    if child.missing_since and latest < child.missing_since:
        yield Flag.BEFORE_MISSING
    if photo.taken_on and min(photo.taken_on) > photo.sent_on + ZONES_DIFFER:
        yield Flag.TIME_IMPOSSIBLE


def _look_flags(child: ChildEntries, photo: PhotoEntries) -> Iterator[Flag]:
    latest = max((day for day in photo.taken_on if day <= photo.sent_on), default=photo.sent_on)
    if child.born and photo.ages:
        age = (latest - child.born).days / DAYS_PER_YEAR
        if min(abs(each - age) for each in photo.ages) > AGE_ERROR_YEARS:
            yield Flag.AGE_CONFLICT
    known = {"female", "male"}
    said = known.intersection(photo.sexes)
    if child.sex in known and said and child.sex not in said:
        yield Flag.SEX_CONFLICT


def _reference_conflicts(child: ChildEntries, reference: ReferenceEntries) -> bool:
    if child.born is None or reference.taken_on is None:
        return False
    age = (reference.taken_on - child.born).days / DAYS_PER_YEAR
    said = reference.age_years
    return age < 0 or (said is not None and abs(said - age) > REFERENCE_ERROR_YEARS)
