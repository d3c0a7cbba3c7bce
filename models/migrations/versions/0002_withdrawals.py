"""Withdrawals apart from erasures in the ledger; erasures that are not needed any more.

What the ledger holds already stays as it is: it does not tell which of its photos were withdrawn.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _allow("erasure_ledger", "kind", "ledgerkind", "digest", "band", "withdrawn")
    _allow("erasures", "state", "erasurestate", "proposed", "done", "not_needed")


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM erasure_ledger WHERE kind = 'withdrawn'"))
    op.execute(sa.text("UPDATE erasures SET state = 'done' WHERE state = 'not_needed'"))
    _allow("erasure_ledger", "kind", "ledgerkind", "digest", "band")
    _allow("erasures", "state", "erasurestate", "proposed", "done")


def _allow(table: str, column: str, check: str, *words: str) -> None:
    """Have the database take these words, and no others, in ``column``."""
    name = op.f(f"ck_{table}_{check}")
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.column(column).in_(words))
