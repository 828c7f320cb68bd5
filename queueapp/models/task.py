"""The table of tasks: the parents that people see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models import title_words
from queueapp.models.base import Base, BigId, CreatedAt, status_column
from queueapp.states import TaskStatus

NEWEST = (sa.text("created_at DESC"), sa.text("id DESC"))


class Task(Base):
    """One task with its counts, which the ledger keeps equal to the counts of its items."""

    __tablename__ = "queue_tasks"
    __table_args__ = (
        sa.CheckConstraint(
            "(status IN ('completed','failed','canceled')) = (finished_at IS NOT NULL)",
            name="finished_has_time",
        ),
        sa.CheckConstraint("(status = 'canceled') = (canceled_at IS NOT NULL)", name="canceled_has_time"),
        sa.CheckConstraint("status <> 'running' OR started_at IS NOT NULL", name="running_has_start"),
        sa.CheckConstraint("priority BETWEEN 1 AND 10", name="priority_range"),
        sa.CheckConstraint(
            "least(total_items, completed_items, failed_items, skipped_items, canceled_items, running_items) >= 0"
            " AND completed_items + failed_items + skipped_items + canceled_items + running_items <= total_items",
            name="counts_fit",
        ),
        sa.CheckConstraint(
            "status NOT IN ('completed','failed') OR "
            "completed_items + failed_items + skipped_items + canceled_items = total_items",
            name="finished_is_complete",
        ),
        sa.Index(
            "uq_queue_tasks_dedup_key_active",
            "dedup_key",
            unique=True,
            postgresql_where=sa.text("dedup_key IS NOT NULL AND status IN ('queued','running')"),
        ),
        # The list reads these alone, status by status, whatever else it is filtered by (see docs/scale.md).
        sa.Index(
            "ix_queue_tasks_status_created",
            "status",
            *NEWEST,
            postgresql_include=["type", "created_by", "priority", "settled_at"],
        ),
        sa.Index(
            "ix_queue_tasks_status_settled",
            "status",
            sa.text("settled_at DESC"),
            sa.text("id DESC"),
            postgresql_include=["type", "created_by", "priority", "created_at"],
        ),
        sa.Index(
            "ix_queue_tasks_status_priority",
            "status",
            "priority",
            "created_at",
            "id",
            postgresql_include=["type", "created_by", "settled_at"],
        ),
        sa.Index(
            "ix_queue_tasks_type_created",
            "type",
            *NEWEST,
            postgresql_include=["status", "created_by", "priority", "settled_at"],
        ),
        sa.Index(
            "ix_queue_tasks_creator_created",
            "created_by",
            *NEWEST,
            postgresql_include=["status", "type", "priority", "settled_at"],
        ),
        sa.Index(
            "ix_queue_tasks_parent",
            "parent_task_id",
            *NEWEST,
            postgresql_where=sa.text("parent_task_id IS NOT NULL"),
        ),
        sa.Index("ix_queue_tasks_words", "words", postgresql_using="gin"),
        sa.Index("ix_queue_tasks_created", *NEWEST),
        sa.Index(
            "ix_queue_tasks_finished", "finished_at", postgresql_where=sa.text("finished_at IS NOT NULL")
        ),
        sa.Index(
            "ix_queue_tasks_ordering_key_active",
            "ordering_key",
            "id",
            postgresql_where=sa.text("ordering_key IS NOT NULL AND status IN ('queued','running')"),
        ),
        sa.Index("ix_queue_tasks_unsettled", "id", postgresql_where=sa.text("unsettled")),
        {
            "postgresql_with": {
                "fillfactor": "70",
                "autovacuum_vacuum_scale_factor": "0.05",
                "autovacuum_vacuum_insert_scale_factor": "0.05",
                "autovacuum_analyze_scale_factor": "0.02",
            }
        },
    )

    id: Mapped[BigId]
    type: Mapped[str]
    title: Mapped[str]
    status: Mapped[TaskStatus] = mapped_column(status_column(TaskStatus, "status"), server_default="queued")
    priority: Mapped[int] = mapped_column(sa.SmallInteger)
    created_by: Mapped[str] = mapped_column(server_default="")
    origin: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    #: when the last running item of a canceled task had stopped
    stopped_at: Mapped[datetime | None]
    total_items: Mapped[int] = mapped_column(server_default="0")
    completed_items: Mapped[int] = mapped_column(server_default="0")
    failed_items: Mapped[int] = mapped_column(server_default="0")
    skipped_items: Mapped[int] = mapped_column(server_default="0")
    canceled_items: Mapped[int] = mapped_column(server_default="0")
    running_items: Mapped[int] = mapped_column(server_default="0")
    #: of failed_items, those that were optional and so do not fail the task
    optional_failed_items: Mapped[int] = mapped_column(server_default="0")
    #: barrier items that have not been released yet
    pending_barriers: Mapped[int] = mapped_column(server_default="0")
    #: items not terminal whose operation finds further items, so that no end can be foretold
    growing_items: Mapped[int] = mapped_column(server_default="0")
    #: items at most at once; null: as many as there are threads
    max_parallel: Mapped[int | None]
    #: of max_parallel, how many are taken by items released and not yet terminal
    slots_used: Mapped[int] = mapped_column(server_default="0")
    dry_run: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    #: takes further items until closed, so it does not end when all present items have
    open: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    #: canceled, and rows of items not started still read `queued` in their table
    unsettled: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    dedup_key: Mapped[str | None]
    #: tasks that share it run one after another, oldest first
    ordering_key: Mapped[str | None]
    #: tasks it still waits for
    pending_dependencies: Mapped[int] = mapped_column(server_default="0")
    #: the first required item that fails cancels those not started
    stop_on_failure: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    scheduled_for: Mapped[datetime | None]
    parent_task_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: base of the items' turn in their lane (turn = turn_at + index x 50 ms), so that tasks share a lane fairly
    turn_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    #: recent-weighted seconds between two finished items, and when it was last renewed
    pace_seconds: Mapped[float | None] = mapped_column(sa.Float)
    pace_at: Mapped[datetime | None]
    meta: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    message: Mapped[str | None]
    warnings: Mapped[list[str]] = mapped_column(server_default=sa.text("'[]'::jsonb"))
    #: when it last changed, but null while it runs: an index may hold it and the counts of a running task still be
    #: updated in place
    settled_at: Mapped[datetime | None] = mapped_column(
        sa.Computed("CASE WHEN status = 'running' THEN NULL ELSE updated_at END", persisted=True),
        deferred=True,
    )
    #: the words of its title, to search by
    words: Mapped[Any] = mapped_column(
        TSVECTOR,
        sa.Computed("queue_title_words(title)", persisted=True),
        nullable=True,
        deferred=True,
    )


@sa.event.listens_for(Task.__table__, "before_create")
def _create_functions(_table: Any, connection: sa.Connection, **_: Any) -> None:
    title_words.create_functions(connection)
