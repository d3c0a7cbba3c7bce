"""Seeded pairs, and the tick that lets a case's references be used for them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = ("open", "answered", "knows_child", "lapsed")


def upgrade() -> None:
    with op.batch_alter_table("cases") as batch:
        batch.add_column(sa.Column("may_test_reviewers", sa.Boolean(), nullable=True))
    op.execute(sa.text("UPDATE cases SET may_test_reviewers = false"))
    with op.batch_alter_table("cases") as batch:
        batch.alter_column("may_test_reviewers", existing_type=sa.Boolean(), nullable=False)
    states = sa.Enum(*_STATES, name="assignmentstate", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "seeded_pairs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("other_case_id", sa.Uuid(), nullable=True),
        sa.Column("face_id", _BIG_ID, nullable=True),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("face_px", sa.Double(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.CheckConstraint("answer BETWEEN -2 AND 2", name=op.f("ck_seeded_pairs_answer")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_seeded_pairs_case_id_cases"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["other_case_id"], ["cases.id"], name=op.f("fk_seeded_pairs_other_case_id_cases"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["faces.id"], name=op.f("fk_seeded_pairs_face_id_faces"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_seeded_pairs_reviewer_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seeded_pairs")),
    )
    op.create_index(op.f("ix_seeded_pairs_case_id"), "seeded_pairs", ["case_id"])
    op.create_index(op.f("ix_seeded_pairs_other_case_id"), "seeded_pairs", ["other_case_id"])
    op.create_index(op.f("ix_seeded_pairs_face_id"), "seeded_pairs", ["face_id"])
    op.create_index("ix_seeded_pairs_day", "seeded_pairs", ["reviewer_id", "closed_at"])


def downgrade() -> None:
    op.drop_table("seeded_pairs")
    with op.batch_alter_table("cases") as batch:
        batch.drop_column("may_test_reviewers")
