"""Order between tasks: dependencies, ordering keys, stopping on failure; and suspects of a crash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("queue_tasks", sa.Column("ordering_key", sa.Text(), nullable=True))
    op.add_column(
        "queue_tasks",
        sa.Column("pending_dependencies", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "queue_tasks",
        sa.Column("stop_on_failure", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_queue_tasks_ordering_key_active",
        "queue_tasks",
        ["ordering_key", "id"],
        postgresql_where=sa.text("ordering_key IS NOT NULL AND status IN ('queued','running')"),
    )
    op.add_column(
        "queue_items", sa.Column("crash_count", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "queue_items", sa.Column("lone_crash_count", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.create_table(
        "queue_task_dependencies",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("depends_on_id", sa.BigInteger(), nullable=False),
        sa.Column("any_end", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("met", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["queue_tasks.id"],
            name=op.f("fk_queue_task_dependencies_task_id_queue_tasks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", "depends_on_id", name=op.f("pk_queue_task_dependencies")),
    )
    op.create_index(
        "ix_queue_task_dependencies_unmet",
        "queue_task_dependencies",
        ["depends_on_id"],
        postgresql_where=sa.text("NOT met"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("queue_task_dependencies")
    op.drop_column("queue_items", "lone_crash_count")
    op.drop_column("queue_items", "crash_count")
    op.drop_index("ix_queue_tasks_ordering_key_active", "queue_tasks")
    for name in ("stop_on_failure", "pending_dependencies", "ordering_key"):
        op.drop_column("queue_tasks", name)
