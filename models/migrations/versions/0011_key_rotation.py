"""The keys of digests that outlive a renewed master key."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("installation") as batch:
        batch.add_column(sa.Column("wrapped_digests", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """An installation whose key was renewed recognises nothing that came before."""
    with op.batch_alter_table("installation") as batch:
        batch.drop_column("wrapped_digests")
