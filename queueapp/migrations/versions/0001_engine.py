"""The engine's tables: tasks, items, their logs, workers, pauses, locks and facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None

TABLES = (
    "queue_concurrency_locks",
    "queue_facts",
    "queue_item_logs",
    "queue_items",
    "queue_pauses",
    "queue_tasks",
    "queue_workers",
)


def upgrade() -> None:
    """Create the tables."""
    _create_locks()
    _create_facts()
    _create_item_logs()
    _create_items()
    _index_items()
    _create_pauses()
    _create_tasks()
    _index_tasks()
    _create_workers()
    _index_workers()


def downgrade() -> None:
    """Drop the tables."""
    for table in TABLES:
        op.drop_table(table)


def _create_locks() -> None:
    op.create_table(
        "queue_concurrency_locks",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_queue_concurrency_locks")),
        sa.UniqueConstraint("item_id", name=op.f("uq_queue_concurrency_locks_item_id")),
    )


def _create_facts() -> None:
    op.create_table(
        "queue_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queue_facts")),
    )


def _create_item_logs() -> None:
    op.create_table(
        "queue_item_logs",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("level", sa.Text(), server_default="info", nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "seq", name=op.f("pk_queue_item_logs")),
    )


def _create_items() -> None:
    op.create_table(
        "queue_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "running",
                "completed",
                "failed",
                "canceled",
                "skipped",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="queued",
            nullable=False,
        ),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("optional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("barrier", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("error", postgresql.JSONB(), nullable=True),
        sa.Column("progress", sa.REAL(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("total_steps", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concurrency_key", sa.Text(), nullable=True),
        sa.Column("worker_id", sa.BigInteger(), nullable=True),
        sa.Column("claim_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.REAL(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('completed','failed','canceled','skipped')) = (finished_at IS NOT NULL)",
            name=op.f("ck_queue_items_finished_has_time"),
        ),
        sa.CheckConstraint(
            "(status IN ('completed','failed','canceled','skipped')) = (stage = 4)",
            name=op.f("ck_queue_items_terminal_is_done"),
        ),
        sa.CheckConstraint(
            "status <> 'running' OR (started_at IS NOT NULL AND worker_id IS NOT NULL AND stage = 3)",
            name=op.f("ck_queue_items_running_has_owner"),
        ),
        sa.CheckConstraint(
            "(stage = 3) <= (dispatched_at IS NOT NULL)", name=op.f("ck_queue_items_dispatched_has_time")
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_queue_items_progress_range")),
        sa.CheckConstraint(
            "stage <> 1 OR available_at IS NOT NULL", name=op.f("ck_queue_items_waiting_has_time")
        ),
        sa.CheckConstraint("stage BETWEEN 0 AND 4", name=op.f("ck_queue_items_stage_range")),
        sa.CheckConstraint(
            "worker_id IS NULL OR stage >= 3", name=op.f("ck_queue_items_owner_only_when_dispatched")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_items")),
        postgresql_with={
            "fillfactor": "85",
            "autovacuum_vacuum_scale_factor": "0.05",
            "autovacuum_vacuum_insert_scale_factor": "0.1",
            "autovacuum_analyze_scale_factor": "0.05",
            "autovacuum_vacuum_cost_delay": "0",
        },
    )


def _index_items() -> None:
    op.create_index(
        "ix_queue_items_failed",
        "queue_items",
        ["task_id", "index"],
        unique=False,
        postgresql_where=sa.text("status = 'failed'"),
    )
    op.create_index(
        "ix_queue_items_held",
        "queue_items",
        ["task_id", "index"],
        unique=False,
        postgresql_where=sa.text("stage = 0"),
    )
    op.create_index(
        "ix_queue_items_in_flight",
        "queue_items",
        ["task_id", "id"],
        unique=False,
        postgresql_where=sa.text("stage = 3"),
    )
    op.create_index(
        "ix_queue_items_ready",
        "queue_items",
        ["lane", "type", "task_id", "index"],
        unique=False,
        postgresql_where=sa.text("stage = 2"),
    )
    op.create_index(
        "ix_queue_items_ready_keys",
        "queue_items",
        ["task_id", "concurrency_key", "index"],
        unique=False,
        postgresql_where=sa.text("stage = 2 AND concurrency_key IS NOT NULL"),
    )
    op.create_index(
        "ix_queue_items_waiting",
        "queue_items",
        ["available_at"],
        unique=False,
        postgresql_where=sa.text("stage = 1"),
    )
    op.create_index("uq_queue_items_task_id_index", "queue_items", ["task_id", "index"], unique=True)


def _create_pauses() -> None:
    op.create_table(
        "queue_pauses",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("paused_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_queue_pauses")),
    )


def _create_tasks() -> None:
    op.create_table(
        "queue_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "running",
                "completed",
                "failed",
                "canceled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="queued",
            nullable=False,
        ),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("completed_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("canceled_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("running_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("optional_failed_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pending_barriers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("growing_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_parallel", sa.Integer(), nullable=True),
        sa.Column("slots_used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("open", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("unsettled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("dedup_key", sa.Text(), nullable=True),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parent_task_id", sa.BigInteger(), nullable=True),
        sa.Column("turn_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("pace_seconds", sa.Float(), nullable=True),
        sa.Column("pace_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meta", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("warnings", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.CheckConstraint(
            "(status = 'canceled') = (canceled_at IS NOT NULL)", name=op.f("ck_queue_tasks_canceled_has_time")
        ),
        sa.CheckConstraint(
            "(status IN ('completed','failed','canceled')) = (finished_at IS NOT NULL)",
            name=op.f("ck_queue_tasks_finished_has_time"),
        ),
        sa.CheckConstraint(
            "status <> 'running' OR started_at IS NOT NULL", name=op.f("ck_queue_tasks_running_has_start")
        ),
        sa.CheckConstraint(
            "status NOT IN ('completed','failed') OR completed_items + "
            "failed_items + skipped_items + canceled_items = total_items",
            name=op.f("ck_queue_tasks_finished_is_complete"),
        ),
        sa.CheckConstraint(
            "least(total_items, completed_items, failed_items, skipped_items, canceled_items, running_items) >= 0 AND "
            "completed_items + failed_items + skipped_items + canceled_items + running_items <= total_items",
            name=op.f("ck_queue_tasks_counts_fit"),
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 10", name=op.f("ck_queue_tasks_priority_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_tasks")),
        postgresql_with={"fillfactor": "70"},
    )


def _index_tasks() -> None:
    op.create_index(
        "ix_queue_tasks_created",
        "queue_tasks",
        [sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_queue_tasks_finished",
        "queue_tasks",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index(
        "ix_queue_tasks_status_created",
        "queue_tasks",
        ["status", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_queue_tasks_type_created",
        "queue_tasks",
        ["type", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_queue_tasks_unsettled", "queue_tasks", ["id"], unique=False, postgresql_where=sa.text("unsettled")
    )
    op.create_index(
        "uq_queue_tasks_dedup_key_active",
        "queue_tasks",
        ["dedup_key"],
        unique=True,
        postgresql_where=sa.text("dedup_key IS NOT NULL AND status IN ('queued','running')"),
    )


def _create_workers() -> None:
    op.create_table(
        "queue_workers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("broker_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("lanes", postgresql.JSONB(), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "draining",
                "stopped",
                "dead",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="running",
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "heartbeat_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rss_bytes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_workers")),
    )


def _index_workers() -> None:
    op.create_index(
        "ix_queue_workers_alive",
        "queue_workers",
        ["heartbeat_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('running','draining')"),
    )
