"""How much an account sent, searched and looked at: what quotas and the watch over volumes count."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

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
    "candidates_found",
)
_VOLUME = "unusual_volume"


def upgrade() -> None:
    op.create_table(
        "upload_counts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("queued_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_upload_counts_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_upload_counts")),
    )
    op.create_index("ix_searches_asked_by_at", "searches", ["asked_by", "at"])
    op.create_index("ix_audit_at", "audit", ["at"])
    _allow_alerts(*_ALERTS, _VOLUME)


def downgrade() -> None:
    for table in ("alerts", "messages"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE kind = '{_VOLUME}'"))  # noqa: S608 - our words
    _allow_alerts(*_ALERTS)
    op.drop_index("ix_audit_at", "audit")
    op.drop_index("ix_searches_asked_by_at", "searches")
    op.drop_table("upload_counts")


def _allow_alerts(*words: str) -> None:
    """Have the database take these words, and no others."""
    for table in ("alerts", "messages"):
        name = op.f(f"ck_{table}_alertkind")
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, sa.column("kind").in_(words))
