"""Acts that cover what they decide, and the salts that this needs."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_DECISIONS = ("reviews", "seeded_pairs", "adjudications", "releases", "outcomes", "authorities")
_WITH_WORDS = ("reviews", "seeded_pairs")


def upgrade() -> None:
    with op.batch_alter_table("audit") as batch:
        batch.add_column(sa.Column("covers", sa.String(length=128), nullable=True))
        batch.add_column(sa.Column("salt", sa.String(length=32), nullable=True))
    for table in _DECISIONS:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("salt", sa.LargeBinary(length=16), nullable=True))
    for table in _WITH_WORDS:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("words_salt", sa.LargeBinary(length=16), nullable=True))


def downgrade() -> None:
    for table in _WITH_WORDS:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("words_salt")
    for table in _DECISIONS:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("salt")
    with op.batch_alter_table("audit") as batch:
        batch.drop_column("salt")
        batch.drop_column("covers")
