"""An erasure must not read whole tables."""

import pytest
from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint

from models.records import Base

DELETING = [
    constraint
    for table in Base.metadata.sorted_tables
    for constraint in table.constraints
    if isinstance(constraint, ForeignKeyConstraint) and constraint.ondelete
]


def first_columns(table: Table) -> set[str]:
    """Those that some index begins with."""
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return {next(iter(each.columns)).name for each in (table.primary_key, *unique, *table.indexes)}


@pytest.mark.parametrize(
    "constraint",
    sorted(DELETING, key=lambda one: str(one.name)),
    ids=lambda one: f"{one.table.name}.{one.column_keys[0]}",
)
def test_what_goes_with_a_deleted_row_is_found_by_an_index(constraint: ForeignKeyConstraint):
    assert constraint.column_keys[0] in first_columns(constraint.table)
