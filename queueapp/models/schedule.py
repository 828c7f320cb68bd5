"""Schedules, their runs, and the lease of the one scheduler that leads."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class RunOutcome(enum.StrEnum):
    """What came of a due time: a task, or nothing because the last run was still active."""

    FIRED = "fired"
    SKIPPED = "skipped"


class Schedule(Base):
    """An operation that is enqueued again and again, by cron expression or by interval."""

    __tablename__ = "schedules"
    __table_args__ = (
        sa.UniqueConstraint("name"),
        sa.CheckConstraint("num_nonnulls(cron, interval_seconds) = 1", name="cron_or_interval"),
        sa.CheckConstraint("interval_seconds > 0", name="interval_positive"),
        sa.CheckConstraint("jitter_seconds >= 0", name="jitter_not_negative"),
        sa.CheckConstraint("NOT enabled OR next_due_at IS NOT NULL", name="enabled_has_next_due"),
    )

    id: Mapped[BigId]
    name: Mapped[str]
    title: Mapped[str]
    operation: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    cron: Mapped[str | None]
    interval_seconds: Mapped[int | None]
    #: IANA name of the zone in which `cron` is read.
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    #: A due time fires up to this many seconds late, by an amount fixed for each due time.
    jitter_seconds: Mapped[int] = mapped_column(server_default="0")
    enabled: Mapped[bool] = mapped_column(server_default=sa.true())
    #: A person set the timing: settings no longer change it.
    timing_edited: Mapped[bool] = mapped_column(server_default=sa.false())
    next_due_at: Mapped[datetime | None]
    last_run_at: Mapped[datetime | None]
    last_task_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("queue_tasks.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ScheduleRun(Base):
    """A due time of a schedule that was met: unique, so that it enqueues one task whoever leads."""

    __tablename__ = "schedule_runs"
    __table_args__ = (sa.UniqueConstraint("schedule_id", "due_at"),)

    id: Mapped[BigId]
    schedule_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("schedules.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    outcome: Mapped[RunOutcome] = mapped_column(status_column(RunOutcome, "outcome"))
    #: Asked for by a person, outside the schedule's own times.
    manual: Mapped[bool] = mapped_column(server_default=sa.false())
    task_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("queue_tasks.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]


class SchedulerLeader(Base):
    """The one row that says which scheduler process leads, and until when."""

    __tablename__ = "scheduler_leader"
    __table_args__ = (sa.CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    holder: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    acquired_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
