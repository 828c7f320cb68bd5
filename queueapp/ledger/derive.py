"""Derives what people see from what the ledger stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger import eta
from queueapp.ledger.views import ItemDetail, ItemView, TaskView, WorkerView
from queueapp.models.control import Pause
from queueapp.models.item import Item
from queueapp.models.task import Task
from queueapp.models.worker import Worker
from queueapp.states import ItemStatus, Stage, TaskStatus


def task_view(task: Task, now: datetime) -> TaskView:
    """Return a task as people see it, at the database's time `now`."""
    done = task.completed_items + task.failed_items + task.skipped_items + task.canceled_items
    canceling = task.status is TaskStatus.CANCELED and task.stopped_at is None
    ended = task.finished_at or now
    return TaskView.model_construct(
        id=task.id,
        type=task.type,
        title=task.title,
        status=task.status,
        canceling=canceling,
        canceling_seconds=_seconds(task.canceled_at, now) if canceling else None,
        stopped_after_seconds=_seconds(task.canceled_at, task.stopped_at),
        paused=task.paused_at is not None,
        paused_by=task.paused_by,
        priority=task.priority,
        created_by=task.created_by,
        origin=task.origin,
        created_at=task.created_at,
        started_at=task.started_at,
        finished_at=task.finished_at,
        canceled_at=task.canceled_at,
        updated_at=task.updated_at,
        elapsed_seconds=_seconds(task.started_at, ended),
        total_items=task.total_items,
        completed_items=task.completed_items,
        failed_items=task.failed_items,
        skipped_items=task.skipped_items,
        canceled_items=task.canceled_items,
        running_items=task.running_items,
        queued_items=task.total_items - done - task.running_items,
        percent=eta.percent(task.total_items, done),
        eta_seconds=eta.eta_seconds(
            total=task.total_items,
            done=done,
            growing=task.growing_items,
            paused=task.paused_at is not None,
            pace_seconds=task.pace_seconds if task.status is TaskStatus.RUNNING else None,
        ),
        message=task.message,
        max_parallel=task.max_parallel,
        dry_run=task.dry_run,
        open=task.open,
        dedup_key=task.dedup_key,
        scheduled_for=task.scheduled_for,
        parent_task_id=task.parent_task_id,
        meta=task.meta,
        result=task.result,
        error=task.error,
        warnings=task.warnings,
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return max(round((end - start).total_seconds(), 3), 0.0)


def item_status(item: Item, task: Task) -> ItemStatus:
    """Return the status of an item as it counts: what a canceled task has not started is canceled."""
    if task.status is TaskStatus.CANCELED and item.status is ItemStatus.QUEUED:
        return ItemStatus.CANCELED
    return item.status


def item_status_condition(task: Task, wanted: Sequence[ItemStatus]) -> sa.ColumnElement[bool]:
    """Return the condition that an item of this task counts as one of the wanted statuses."""
    stored = set(wanted)
    if task.status is TaskStatus.CANCELED:
        stored.discard(ItemStatus.QUEUED)
        if ItemStatus.CANCELED in stored:
            stored.add(ItemStatus.QUEUED)
    return Item.status.in_(sorted(stored)) if stored else sa.false()


class Reasons:
    """Says why an item that is queued does not run."""

    def __init__(self, session: Session, task: Task) -> None:
        self._session = session
        self._task = task
        self._pauses = {pause.scope: pause for pause in session.scalars(sa.select(Pause))}
        self._alive: bool | None = None

    def of(self, item: Item) -> str | None:
        """Return one line, or None when nothing but its turn is missing."""
        return self._pause(item) or self._stage(item) or self._lane()

    def _pause(self, item: Item) -> str | None:
        if self._task.paused_at is not None:
            return f"paused by {self._task.paused_by or 'someone'}"
        for scope, what in (("*", "everything"), (item.type, f"operation {item.type}")):
            if scope in self._pauses:
                return f"{what} is paused by {self._pauses[scope].paused_by or 'someone'}"
        return None

    def _stage(self, item: Item) -> str | None:
        if item.stage == Stage.HELD:
            if self._task.pending_dependencies:
                return f"waits for task {self._first_dependency()}"
            if item.barrier:
                return "waits for all other items of the task"
            return f"waits for its turn: at most {self._task.max_parallel} of this task at once"
        if item.stage == Stage.WAITING and item.available_at is not None:
            what = "retry" if item.attempt else "start"
            return f"{what} due at {item.available_at:%Y-%m-%d %H:%M:%S} UTC"
        if item.stage == Stage.READY and item.concurrency_key is not None:
            return self._lock_holder(item.concurrency_key)
        return None

    def _first_dependency(self) -> int | None:
        query = sa.text(
            "SELECT min(depends_on_id) FROM queue_task_dependencies WHERE task_id = :id AND NOT met"
        )
        return self._session.execute(query, {"id": self._task.id}).scalar()

    def _lock_holder(self, key: str) -> str | None:
        held = self._session.execute(
            sa.text("SELECT item_id FROM queue_concurrency_locks WHERE key = :key"), {"key": key}
        ).scalar()
        return f"item {held} works on the same path" if held else None

    def _lane(self) -> str | None:
        if self._alive is None:
            query = sa.text(
                "SELECT EXISTS (SELECT FROM queue_workers WHERE state = 'running' "
                "AND heartbeat_at > now() - interval '15 seconds')"
            )
            self._alive = bool(self._session.execute(query).scalar())
        return None if self._alive else "no worker is alive"


def _display_status(item: Item, task: Task, status: ItemStatus) -> str:
    if status is ItemStatus.RUNNING and (task.status is TaskStatus.CANCELED or item.cancel_requested_at):
        return "canceling"
    if status is not ItemStatus.QUEUED:
        return status.value
    if task.paused_at is not None:
        return "paused"
    if item.stage == Stage.HELD:
        return "waiting"
    if item.stage == Stage.WAITING:
        return "retrying" if item.attempt else "scheduled"
    return "queued"


def item_view(item: Item, worker: Worker | None, task: Task, reasons: Reasons | None) -> ItemView:
    """Return an item as people see it in a list."""
    status = item_status(item, task)
    return ItemView(
        id=item.id,
        task_id=item.task_id,
        index=item.index,
        type=item.type,
        title=item.title,
        subject=item.subject,
        status=status,
        display_status=_display_status(item, task, status),
        waiting_for=reasons.of(item) if reasons and status is ItemStatus.QUEUED else None,
        optional=item.optional,
        barrier=item.barrier,
        progress=item.progress,
        message=item.message,
        step=item.step,
        total_steps=item.total_steps,
        attempt=item.attempt,
        max_attempts=item.max_attempts,
        available_at=item.available_at,
        worker=f"{worker.host}:{worker.pid}" if worker else None,
        created_at=item.created_at,
        started_at=item.started_at,
        finished_at=item.finished_at or (task.canceled_at if status is ItemStatus.CANCELED else None),
        duration_ms=item.duration_ms,
        error_message=(item.error or {}).get("message"),
    )


def item_detail(
    item: Item, worker: Worker | None, task: Task, reasons: Reasons, log_lines: int
) -> ItemDetail:
    """Return all that is known of an item."""
    view = item_view(item, worker, task, reasons)
    return ItemDetail(
        **view.model_dump(), payload=item.payload, result=item.result, error=item.error, log_lines=log_lines
    )


def worker_view(worker: Worker, now: datetime, running: list[ItemView]) -> WorkerView:
    """Return a worker as people see it, at the database's time `now`."""
    age = max((now - worker.heartbeat_at).total_seconds(), 0.0)
    return WorkerView(
        id=worker.id,
        host=worker.host,
        pid=worker.pid,
        lanes=worker.lanes,
        threads=worker.threads,
        state=worker.state.value,
        alive=worker.state.value in {"running", "draining"} and age < 15,
        started_at=worker.started_at,
        heartbeat_at=worker.heartbeat_at,
        heartbeat_age_seconds=round(age, 3),
        stopped_at=worker.stopped_at,
        rss_bytes=worker.rss_bytes,
        running=running,
    )
