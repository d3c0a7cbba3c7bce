"""Cohorts, what faces score with them, calibrations; raw and normalised scores side by side."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SOURCES = ("references", "linked_faces", "folder")


def _source() -> sa.Enum:
    return sa.Enum(*_SOURCES, name="cohortsource", native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("pack_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pack_id", name=op.f("pk_calibrations")),
    )
    op.create_table(
        "cohorts",
        sa.Column("id", _BIG_ID, autoincrement=True, nullable=False),
        sa.Column("pack_id", sa.String(length=64), nullable=False),
        sa.Column("source", _source(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohorts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cohorts_newest", "cohorts", ["pack_id", "ready_at", "id"])
    _create_members()
    _create_statistics()
    with op.batch_alter_table("searches") as batch:
        batch.add_column(sa.Column("cohort_source", _source(), nullable=True))
        batch.add_column(sa.Column("cohort_size", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("raw_because", sa.String(length=64), nullable=True))
    with op.batch_alter_table("search_results") as batch:
        batch.add_column(sa.Column("raw_score", sa.Double(), nullable=True))
        batch.add_column(sa.Column("llr", sa.Double(), nullable=True))
    op.execute("UPDATE search_results SET raw_score = score")  # until now no score was anything else
    with op.batch_alter_table("search_results") as batch:
        batch.alter_column("raw_score", existing_type=sa.Double(), nullable=False)


def _create_members() -> None:
    op.create_table(
        "cohort_members",
        sa.Column("cohort_id", _BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("face_id", _BIG_ID, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(face_id IS NULL) <> (sealed IS NULL)", name=op.f("ck_cohort_members_one_template")),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_cohort_members_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["faces.id"], name=op.f("fk_cohort_members_face_id_faces"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cohort_id", "number", name=op.f("pk_cohort_members")),
    )
    op.create_index(op.f("ix_cohort_members_face_id"), "cohort_members", ["face_id"])


def _create_statistics() -> None:
    op.create_table(
        "face_statistics",
        sa.Column("cohort_id", _BIG_ID, nullable=False),
        sa.Column("face_id", _BIG_ID, nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_face_statistics_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["face_id"], ["faces.id"], name=op.f("fk_face_statistics_face_id_faces"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cohort_id", "face_id", name=op.f("pk_face_statistics")),
    )
    op.create_index(op.f("ix_face_statistics_face_id"), "face_statistics", ["face_id"])


def downgrade() -> None:
    with op.batch_alter_table("search_results") as batch:
        batch.drop_column("llr")
        batch.drop_column("raw_score")
    with op.batch_alter_table("searches") as batch:
        batch.drop_constraint(op.f("ck_searches_cohortsource"), type_="check")
        batch.drop_column("raw_because")
        batch.drop_column("cohort_size")
        batch.drop_column("cohort_source")
    op.drop_table("face_statistics")
    op.drop_table("cohort_members")
    op.drop_table("cohorts")
    op.drop_table("calibrations")
