"""Schedules, their runs and the scheduler's lease."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision: str | None = "0004"

Timestamp = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_schedules()
    _create_schedule_runs()
    _create_scheduler_leader()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("scheduler_leader")
    op.drop_table("schedule_runs")
    op.drop_table("schedules")


def _created_at(name: str) -> sa.Column[object]:
    return sa.Column(name, Timestamp, nullable=False, server_default=sa.func.now())


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("payload", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("cron", sa.Text),
        sa.Column("interval_seconds", sa.Integer),
        sa.Column("timezone", sa.Text, nullable=False, server_default="UTC"),
        sa.Column("jitter_seconds", sa.Integer, nullable=False, server_default="0"),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("timing_edited", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("next_due_at", Timestamp),
        sa.Column("last_run_at", Timestamp),
        sa.Column("last_task_id", sa.BigInteger),
        _created_at("created_at"),
        _created_at("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.UniqueConstraint("name", name="uq_schedules_name"),
        sa.CheckConstraint(
            "num_nonnulls(cron, interval_seconds) = 1", name=op.f("ck_schedules_cron_or_interval")
        ),
        sa.CheckConstraint("interval_seconds > 0", name=op.f("ck_schedules_interval_positive")),
        sa.CheckConstraint("jitter_seconds >= 0", name=op.f("ck_schedules_jitter_not_negative")),
        sa.CheckConstraint(
            "NOT enabled OR next_due_at IS NOT NULL", name=op.f("ck_schedules_enabled_has_next_due")
        ),
        sa.ForeignKeyConstraint(
            ["last_task_id"],
            ["queue_tasks.id"],
            name="fk_schedules_last_task_id_queue_tasks",
            ondelete="SET NULL",
        ),
    )
    op.create_index("ix_schedules_last_task_id", "schedules", ["last_task_id"])


def _create_schedule_runs() -> None:
    op.create_table(
        "schedule_runs",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("due_at", Timestamp, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("manual", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("task_id", sa.BigInteger),
        _created_at("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_runs"),
        sa.UniqueConstraint("schedule_id", "due_at", name="uq_schedule_runs_schedule_id_due_at"),
        sa.CheckConstraint("outcome IN ('fired', 'skipped')", name=op.f("ck_schedule_runs_outcome")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name="fk_schedule_runs_schedule_id_schedules",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["queue_tasks.id"],
            name="fk_schedule_runs_task_id_queue_tasks",
            ondelete="SET NULL",
        ),
    )
    op.create_index("ix_schedule_runs_task_id", "schedule_runs", ["task_id"])


def _create_scheduler_leader() -> None:
    op.create_table(
        "scheduler_leader",
        sa.Column("id", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("acquired_at", Timestamp, nullable=False),
        sa.Column("renewed_at", Timestamp, nullable=False),
        sa.Column("expires_at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scheduler_leader"),
        sa.CheckConstraint("id = 1", name=op.f("ck_scheduler_leader_single_row")),
    )
