"""What tasks did to files beside titles, so that it can be finished after a crash, and taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision: str | None = "0012"

TIME = sa.DateTime(timezone=True)
STATES = ("open", "done", "rolled_back", "reverted", "stuck")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "journals",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("act", _one_of("ck_journals_act", "rename", "publish"), nullable=False),
        sa.Column("state", _one_of("ck_journals_state", *STATES), server_default="open", nullable=False),
        sa.Column("task_id", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("library_id", sa.BigInteger, nullable=False),
        sa.Column("media_id", sa.BigInteger, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("record", JSONB, nullable=False),
        sa.Column("reverts", sa.BigInteger),
        sa.Column("reverted_by", sa.BigInteger),
        sa.Column("error", sa.Text),
        sa.Column("created_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journals")),
        sa.CheckConstraint(
            "(state = 'open') = (finished_at IS NULL)", name=op.f("ck_journals_finished_has_its_time")
        ),
        sa.CheckConstraint(
            "(state = 'reverted') = (reverted_by IS NOT NULL)", name=op.f("ck_journals_reverted_by_a_task")
        ),
    )
    op.create_index("ix_journals_task_id", "journals", ["task_id", "id"])
    op.create_index(
        "ix_journals_open", "journals", ["library_id"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_index("ix_journals_created_at", "journals", ["created_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("journals")


def _one_of(constraint: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=op.f(constraint), native_enum=False, create_constraint=True, length=20)
