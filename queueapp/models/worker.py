"""The table of worker processes and their heartbeats."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class WorkerState(enum.StrEnum):
    """Whether a worker takes items."""

    RUNNING = "running"
    DRAINING = "draining"
    STOPPED = "stopped"
    DEAD = "dead"


class Worker(Base):
    """One worker process; items name it while they are claimed by it."""

    __tablename__ = "queue_workers"
    __table_args__ = (
        sa.Index(
            "ix_queue_workers_alive",
            "heartbeat_at",
            postgresql_where=sa.text("state IN ('running','draining')"),
        ),
    )

    id: Mapped[BigId]
    #: Dramatiq's id of the process in Redis
    broker_id: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    lanes: Mapped[list[str]]
    threads: Mapped[int]
    state: Mapped[WorkerState] = mapped_column(status_column(WorkerState, "state"), server_default="running")
    started_at: Mapped[CreatedAt]
    heartbeat_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    stopped_at: Mapped[datetime | None]
    #: its child processes that not even a kill has ended: `{"pid", "item_id", "operation", "since"}`
    abandoned: Mapped[list[Any]] = mapped_column(server_default=sa.text("'[]'::jsonb"))
    rss_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
