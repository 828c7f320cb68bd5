"""What readers are given of tasks, items and workers: JSON-ready, with everything derived already derived."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from queueapp.states import ItemStatus, TaskStatus


class TaskView(BaseModel):
    """A task as people see it."""

    id: int
    type: str
    title: str
    status: TaskStatus
    canceling: bool
    #: seconds since the cancel, while items still stop; then None
    canceling_seconds: float | None
    #: seconds the items of a canceled task took to stop
    stopped_after_seconds: float | None
    paused: bool
    paused_by: str | None
    priority: int
    created_by: str
    origin: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    canceled_at: datetime | None
    updated_at: datetime
    #: seconds it has run, or ran
    elapsed_seconds: float | None
    total_items: int
    completed_items: int
    failed_items: int
    skipped_items: int
    canceled_items: int
    running_items: int
    queued_items: int
    percent: float
    eta_seconds: int | None
    #: why an active task runs nothing now
    waiting_for: str | None
    message: str | None
    max_parallel: int | None
    dry_run: bool
    open: bool
    dedup_key: str | None
    scheduled_for: datetime | None
    parent_task_id: int | None
    meta: dict[str, Any]
    result: dict[str, Any] | None
    error: str | None
    warnings: list[str]


class ItemView(BaseModel):
    """An item as people see it in a list."""

    id: int
    task_id: int
    index: int
    type: str
    title: str | None
    subject: str | None
    status: ItemStatus
    #: finer than status: waiting, scheduled, retrying, paused, canceling or the status itself
    display_status: str
    #: why it is not running, when it is queued
    waiting_for: str | None
    optional: bool
    barrier: bool
    progress: float
    message: str | None
    step: int | None
    total_steps: int | None
    attempt: int
    max_attempts: int
    available_at: datetime | None
    worker: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    #: first line of the last error
    error_message: str | None


class AttemptView(BaseModel):
    """One run of an item that did not complete at first try."""

    attempt: int
    #: failed, crashed, interrupted, canceled, or completed or skipped after those
    outcome: str
    worker: str | None = None
    started_at: datetime
    ended_at: datetime
    #: `{"type", "message", "traceback"}`
    error: dict[str, Any] | None = None


class ItemDetail(ItemView):
    """An item with all that is known of it."""

    payload: dict[str, Any]
    result: dict[str, Any] | None
    #: `{"type", "message", "traceback"}` of the last failed attempt
    error: dict[str, Any] | None
    #: its runs, oldest first, at most the last 20; none when the first one completed
    attempts: list[AttemptView]
    log_lines: int


class LogLine(BaseModel):
    """One line of an item's log."""

    seq: int
    at: datetime
    level: str
    message: str


class TaskPage(BaseModel):
    """One page of a list of tasks."""

    tasks: list[TaskView]
    total: int
    total_is_estimate: bool
    limit: int
    offset: int
    next_cursor: str | None


class OngoingTask(BaseModel):
    """A running task, as small as a heads-up display needs it."""

    id: int
    type: str
    title: str
    status: TaskStatus
    percent: float
    completed_items: int
    total_items: int
    eta_seconds: int | None
    message: str | None


class Ongoing(BaseModel):
    """The running tasks, and how many tasks run and wait."""

    tasks: list[OngoingTask]
    running: int
    queued: int
    #: more than 10,000 are not counted
    counts_are_estimates: bool = False


class AbandonedProcess(BaseModel):
    """A child process that not even a kill has ended; its item was recorded without it."""

    pid: int
    item_id: int
    operation: str
    since: datetime


class WorkerView(BaseModel):
    """A worker process as people see it."""

    id: int
    host: str
    pid: int
    lanes: list[str]
    threads: int
    state: str
    alive: bool
    started_at: datetime
    heartbeat_at: datetime
    heartbeat_age_seconds: float
    stopped_at: datetime | None
    rss_bytes: int | None
    abandoned: list[AbandonedProcess]
    #: the items it runs now
    running: list[ItemView]
