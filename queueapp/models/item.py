"""The table of items: the units of work of a task, each run by one actor call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column
from queueapp.states import ItemStatus


class Item(Base):
    """One item. It has no foreign key to its task: the ledger inserts and deletes both together under the task's
    row lock, and a check per row would cost a third of the enqueue rate."""

    __tablename__ = "queue_items"
    __table_args__ = (
        sa.CheckConstraint(
            "(status IN ('completed','failed','canceled','skipped')) = (finished_at IS NOT NULL)",
            name="finished_has_time",
        ),
        sa.CheckConstraint(
            "(status IN ('completed','failed','canceled','skipped')) = (stage = 4)", name="terminal_is_done"
        ),
        sa.CheckConstraint(
            "status <> 'running' OR (started_at IS NOT NULL AND worker_id IS NOT NULL AND stage = 3)",
            name="running_has_owner",
        ),
        sa.CheckConstraint("stage BETWEEN 0 AND 4", name="stage_range"),
        sa.CheckConstraint("stage <> 1 OR available_at IS NOT NULL", name="waiting_has_time"),
        sa.CheckConstraint("(stage = 3) <= (dispatched_at IS NOT NULL)", name="dispatched_has_time"),
        sa.CheckConstraint("worker_id IS NULL OR stage >= 3", name="owner_only_when_dispatched"),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name="progress_range"),
        sa.Index("uq_queue_items_task_id_index", "task_id", "index", unique=True),
        # The dispatcher walks lane by lane, operation by operation, task by task, and skips a task in one step.
        sa.Index(
            "ix_queue_items_ready", "lane", "type", "task_id", "index", postgresql_where=sa.text("stage = 2")
        ),
        # The first of each concurrency key of a task, so that a long row of one key hides no other.
        sa.Index(
            "ix_queue_items_ready_keys",
            "task_id",
            "concurrency_key",
            "index",
            postgresql_where=sa.text("stage = 2 AND concurrency_key IS NOT NULL"),
        ),
        sa.Index("ix_queue_items_waiting", "available_at", postgresql_where=sa.text("stage = 1")),
        # When the last retry of a task is due, and what it waits for.
        sa.Index(
            "ix_queue_items_waiting_of_task",
            "task_id",
            "available_at",
            postgresql_where=sa.text("stage = 1"),
        ),
        sa.Index("ix_queue_items_held", "task_id", "index", postgresql_where=sa.text("stage = 0")),
        sa.Index("ix_queue_items_in_flight", "task_id", "id", postgresql_where=sa.text("stage = 3")),
        sa.Index("ix_queue_items_failed", "task_id", "index", postgresql_where=sa.text("status = 'failed'")),
        {
            "postgresql_with": {
                "fillfactor": "85",
                "autovacuum_vacuum_scale_factor": "0.05",
                "autovacuum_vacuum_insert_scale_factor": "0.1",
                "autovacuum_analyze_scale_factor": "0.05",
                "autovacuum_vacuum_cost_delay": "0",
            }
        },
    )

    id: Mapped[BigId]
    task_id: Mapped[int] = mapped_column(sa.BigInteger)
    index: Mapped[int]
    type: Mapped[str]
    title: Mapped[str | None]
    #: what the item is about, to group items by in the UI (a film, a series)
    subject: Mapped[str | None]
    status: Mapped[ItemStatus] = mapped_column(status_column(ItemStatus, "status"), server_default="queued")
    stage: Mapped[int] = mapped_column(sa.SmallInteger)
    lane: Mapped[int] = mapped_column(sa.SmallInteger)
    optional: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    barrier: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    payload: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    #: `{"type", "message", "traceback"}` of the last failed attempt
    error: Mapped[dict[str, Any] | None]
    #: attempts that did not complete, oldest first, as apply_outcomes.sql writes them; null: the first one completed
    attempts: Mapped[list[Any] | None]
    progress: Mapped[float] = mapped_column(sa.REAL, server_default="0")
    message: Mapped[str | None]
    step: Mapped[int | None]
    total_steps: Mapped[int | None]
    attempt: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    max_attempts: Mapped[int] = mapped_column(sa.SmallInteger)
    #: workers that died while they ran it
    crash_count: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    #: of those, the ones that ran nothing else
    lone_crash_count: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    available_at: Mapped[datetime | None]
    #: items that share it run one at a time over all workers
    concurrency_key: Mapped[str | None]
    worker_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: raised at each claim; a write names the claim it belongs to
    claim_number: Mapped[int] = mapped_column(server_default="0")
    dispatched_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    #: a person canceled this one item while a worker had it
    cancel_requested_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    duration_ms: Mapped[float | None] = mapped_column(sa.REAL)
