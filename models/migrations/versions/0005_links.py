"""Links between street faces of one child."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "link_thresholds",
        sa.Column("pack_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pack_id", name=op.f("pk_link_thresholds")),
    )
    reasons = sa.Enum("near_repeat", "alike", name="linkreason", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "face_links",
        sa.Column("face_id", _BIG_ID, nullable=False),
        sa.Column("other_id", _BIG_ID, nullable=False),
        sa.Column("reason", reasons, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("face_id < other_id", name=op.f("ck_face_links_order")),
        sa.ForeignKeyConstraint(
            ["face_id"], ["faces.id"], name=op.f("fk_face_links_face_id_faces"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["faces.id"], name=op.f("fk_face_links_other_id_faces"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["undone_by"], ["users.id"], name=op.f("fk_face_links_undone_by_users")),
        sa.PrimaryKeyConstraint("face_id", "other_id", name=op.f("pk_face_links")),
    )
    op.create_index(op.f("ix_face_links_other_id"), "face_links", ["other_id"])


def downgrade() -> None:
    op.drop_table("face_links")
    op.drop_table("link_thresholds")
    op.drop_table("cursors")
