"""Standing search: its threshold and marks, searches that nobody asked for, pairs that return, messages to send."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ALERTS = (
    "account_awaits_approval",
    "account_granted",
    "case_awaits_approval",
    "reference_awaits_approval",
    "candidate_conflict",
    "candidate_confirmed",
    "release_awaits_agreement",
    "erasure_awaits_approval",
    "case_approved",
    "candidate_released",
    "outcome_recorded",
)
_FOUND = "candidates_found"
_ANSWERED = ("assignments", "reviews")


def upgrade() -> None:
    _create_standing()
    _create_messages()
    _allow_alerts(*_ALERTS, _FOUND)
    with op.batch_alter_table("searches") as batch:
        batch.add_column(sa.Column("kind", _one_of("searchkind", "asked", "standing"), nullable=True))
        batch.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(sa.text("UPDATE searches SET kind = 'asked', told_at = at"))
    with op.batch_alter_table("searches") as batch:
        batch.alter_column("kind", existing_type=sa.String(length=32), nullable=False)
        batch.alter_column("told_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch.alter_column("asked_by", existing_type=sa.Uuid(), nullable=True)
        batch.create_check_constraint(op.f("ck_searches_asker"), "(kind = 'asked') = (asked_by IS NOT NULL)")
    for table in ("candidates", "adjudications", *_ANSWERED):
        _add_round(table)
    with op.batch_alter_table("adjudications") as batch:
        batch.drop_constraint(op.f("pk_adjudications"), type_="primary")
        batch.create_primary_key(op.f("pk_adjudications"), ["candidate_id", "round"])
    for table in _ANSWERED:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_candidate_id_reviewer_id"), type_="unique")
            name = op.f(f"uq_{table}_candidate_id_reviewer_id_round")
            batch.create_unique_constraint(name, ["candidate_id", "reviewer_id", "round"])


def _add_round(table: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column("round", sa.Integer(), nullable=True))
    op.execute(sa.text(f"UPDATE {table} SET round = 1"))  # noqa: S608 - our tables
    with op.batch_alter_table(table) as batch:
        batch.alter_column("round", existing_type=sa.Integer(), nullable=False)


def _create_standing() -> None:
    op.create_table(
        "standing_thresholds",
        sa.Column("pack_id", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("counted", sa.Double(), nullable=True),
        sa.Column("top", sa.JSON(), nullable=False),
        sa.Column("allowed", sa.Double(), nullable=False),
        sa.Column("cohort_id", _BIG_ID, nullable=True),
        sa.Column("faces", sa.BigInteger(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("references", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pack_id", name=op.f("pk_standing_thresholds")),
    )
    op.create_table(
        "searched_references",
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("pack_id", sa.String(length=64), nullable=False),
        sa.Column("case_approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["references.id"],
            name=op.f("fk_searched_references_reference_id_references"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reference_id", name=op.f("pk_searched_references")),
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", _one_of("channel", "webhook", "mail"), nullable=False),
        sa.Column("kind", _one_of("alertkind", *_ALERTS, _FOUND), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_next_try_at", "messages", ["next_try_at"])


def downgrade() -> None:
    """Pairs keep the answers of their first round only; candidates stay, searches that nobody asked for go."""
    for table in (*_ANSWERED, "adjudications"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE round > 1"))  # noqa: S608 - our tables
    for table in _ANSWERED:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_candidate_id_reviewer_id_round"), type_="unique")
            name = op.f(f"uq_{table}_candidate_id_reviewer_id")
            batch.create_unique_constraint(name, ["candidate_id", "reviewer_id"])
    with op.batch_alter_table("adjudications") as batch:
        batch.drop_constraint(op.f("pk_adjudications"), type_="primary")
        batch.create_primary_key(op.f("pk_adjudications"), ["candidate_id"])
    for table in ("candidates", "adjudications", *_ANSWERED):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("round")
    nobodys = "SELECT id FROM searches WHERE asked_by IS NULL"
    op.execute(sa.text(f"DELETE FROM search_results WHERE search_id IN ({nobodys})"))  # noqa: S608 - our words
    op.execute(sa.text("DELETE FROM searches WHERE asked_by IS NULL"))
    with op.batch_alter_table("searches") as batch:
        batch.drop_constraint(op.f("ck_searches_asker"), type_="check")
        batch.drop_constraint(op.f("ck_searches_searchkind"), type_="check")
        batch.alter_column("asked_by", existing_type=sa.Uuid(), nullable=False)
        batch.drop_column("told_at")
        batch.drop_column("kind")
    op.execute(sa.text(f"DELETE FROM alerts WHERE kind = '{_FOUND}'"))  # noqa: S608 - our word
    _allow_alerts(*_ALERTS)
    for table in ("messages", "searched_references", "standing_thresholds"):
        op.drop_table(table)


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _allow_alerts(*words: str) -> None:
    """Have the database take these words, and no others."""
    name = op.f("ck_alerts_alertkind")
    with op.batch_alter_table("alerts") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.column("kind").in_(words))
