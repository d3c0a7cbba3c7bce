"""Entries held against each other: what cannot be right is said, and nothing else."""

from dataclasses import replace
from datetime import date

import pytest

from indexer.plausibility import ChildEntries, Flag, PhotoEntries, ReferenceEntries, entry_flags

CHILD = ChildEntries(born=date(2015, 6, 1), sex="female", missing_since=date(2020, 3, 1))
PHOTO = PhotoEntries(sent_on=date(2024, 6, 1), taken_on=(date(2024, 5, 1),), ages=(9.0,), sexes=("female",))
REFERENCE = ReferenceEntries(taken_on=date(2019, 6, 1), age_years=4.0)


def test_entries_that_agree_have_no_flag():
    assert entry_flags(CHILD, PHOTO, REFERENCE) == []


def test_where_nothing_was_entered_nothing_conflicts():
    assert entry_flags(ChildEntries(), PhotoEntries(sent_on=date(2024, 6, 1)), None) == []
    assert entry_flags(ChildEntries(), PHOTO, ReferenceEntries()) == []
    assert entry_flags(CHILD, PhotoEntries(sent_on=date(2024, 6, 1)), ReferenceEntries()) == []


@pytest.mark.parametrize(
    ("photo", "flags"),
    [
        (replace(PHOTO, taken_on=(date(2015, 5, 31),), ages=()), [Flag.BEFORE_BIRTH, Flag.BEFORE_MISSING]),
        (replace(PHOTO, taken_on=(date(2015, 6, 1),), ages=()), [Flag.BEFORE_MISSING]),
        (replace(PHOTO, taken_on=(date(2020, 2, 29),), ages=()), [Flag.BEFORE_MISSING]),
        (replace(PHOTO, taken_on=(date(2020, 3, 1),), ages=()), []),
        (replace(PHOTO, taken_on=(), sent_on=date(2015, 1, 1), ages=()), [Flag.BEFORE_BIRTH, Flag.BEFORE_MISSING]),
        (replace(PHOTO, taken_on=(date(2024, 6, 2),)), []),  # sent at once, in a zone ahead of UTC
        (replace(PHOTO, taken_on=(date(2024, 6, 3),)), [Flag.TIME_IMPOSSIBLE]),
        (replace(PHOTO, taken_on=(date(2014, 1, 1), date(2024, 5, 1))), []),
        (replace(PHOTO, ages=(13.1,)), [Flag.AGE_CONFLICT]),
        (replace(PHOTO, ages=(12.8,)), []),
        (replace(PHOTO, ages=(4.8,)), [Flag.AGE_CONFLICT]),
        (replace(PHOTO, ages=(20.0, 9.0)), []),
        (replace(PHOTO, sexes=("male",)), [Flag.SEX_CONFLICT]),
        (replace(PHOTO, sexes=("male", "female")), []),
    ],
)
def test_each_conflict_of_a_photo_is_named(photo: PhotoEntries, flags: list[Flag]):
    assert entry_flags(CHILD, photo, REFERENCE) == flags


@pytest.mark.parametrize(
    ("reference", "conflicts"),
    [
        (ReferenceEntries(date(2015, 5, 1), None), True),
        (ReferenceEntries(date(2019, 6, 1), 5.4), False),
        (ReferenceEntries(date(2019, 6, 1), 5.6), True),
        (ReferenceEntries(date(2019, 6, 1), None), False),
        (ReferenceEntries(None, 50.0), False),
    ],
)
def test_a_reference_may_contradict_the_date_of_birth(reference: ReferenceEntries, conflicts: bool):
    assert (entry_flags(CHILD, PHOTO, reference) == [Flag.REFERENCE_DATES]) is conflicts


def test_an_unknown_sex_conflicts_with_none():
    assert entry_flags(replace(CHILD, sex="unknown"), replace(PHOTO, sexes=("male",)), REFERENCE) == []
