"""Derives what people see from what the ledger stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger import eta
from queueapp.ledger.views import (
    AbandonedProcess,
    AttemptView,
    ItemDetail,
    ItemView,
    TaskView,
    WorkerView,
)
from queueapp.ledger.waiting import Reasons, pauses_by_scope, tasks_waiting_for
from queueapp.models.item import Item
from queueapp.models.task import Task
from queueapp.models.worker import Worker
from queueapp.states import TASK_ACTIVE, ItemStatus, Stage, TaskStatus

#: What people see of a task just as it is stored.
_AS_STORED = tuple(name for name in TaskView.model_fields if name in Task.__table__.columns)


def task_views(session: Session, rows: Iterable[Sequence[Any]], *, why: bool = True) -> list[TaskView]:
    """Return tasks as people see them, of rows that begin with the task and the database's time.

    Tasks that are active are looked at once more, all together: what keeps them (unless nobody asks `why`), and when
    their last retry is due.
    """
    listed = [(row[0], row[1]) for row in rows]
    active = [task for task, _ in listed if task.status in TASK_ACTIVE]
    if not active:
        return [task_view(task, now) for task, now in listed]
    reasons = tasks_waiting_for(session, active) if why else {}
    running = [task.id for task in active if task.status is TaskStatus.RUNNING]
    due = last_due(session, running) if running else {}
    paused = pauses_by_scope(session)
    return [
        task_view(
            task,
            now,
            waiting_for=reasons.get(task.id),
            last_due=due.get(task.id),
            paused="*" in paused or task.type in paused,
        )
        for task, now in listed
    ]


def last_due(session: Session, task_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when the last waiting item of each task is due."""
    query = sa.select(Item.task_id, sa.func.max(Item.available_at))
    waiting = query.where(Item.stage == 1, Item.task_id.in_(task_ids)).group_by(Item.task_id)
    return {int(task_id): at for task_id, at in session.execute(waiting) if at is not None}


def task_view(
    task: Task,
    now: datetime,
    *,
    waiting_for: str | None = None,
    last_due: datetime | None = None,
    paused: bool = False,
) -> TaskView:
    """Return a task as people see it, at the database's time `now`; `paused`: by a pause of more than the task."""
    done = task.completed_items + task.failed_items + task.skipped_items + task.canceled_items
    canceling = task.status is TaskStatus.CANCELED and task.stopped_at is None
    ended = task.finished_at or now
    stored = {name: getattr(task, name) for name in _AS_STORED}
    return TaskView.model_construct(
        **stored,
        canceling=canceling,
        canceling_seconds=_seconds(task.canceled_at, now) if canceling else None,
        stopped_after_seconds=_seconds(task.canceled_at, task.stopped_at),
        paused=task.paused_at is not None,
        elapsed_seconds=_seconds(task.started_at, ended),
        queued_items=task.total_items - done - task.running_items,
        percent=eta.percent(task.total_items, done),
        eta_seconds=eta.eta_seconds(
            total=task.total_items,
            done=done,
            growing=task.growing_items + task.open,
            paused=paused or task.paused_at is not None,
            pace_seconds=task.pace_seconds if task.status is TaskStatus.RUNNING else None,
            idle_seconds=_seconds(task.pace_at, now) or 0.0,
            due_seconds=_seconds(now, last_due) or 0.0,
        ),
        waiting_for=waiting_for,
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


def items_by_status(task: Task) -> dict[ItemStatus, int]:
    """Return how many items of a task count as being in each status, by its counters."""
    counts = {
        ItemStatus.COMPLETED: task.completed_items,
        ItemStatus.FAILED: task.failed_items,
        ItemStatus.SKIPPED: task.skipped_items,
        ItemStatus.CANCELED: task.canceled_items,
        ItemStatus.RUNNING: task.running_items,
    }
    return counts | {ItemStatus.QUEUED: max(task.total_items - sum(counts.values()), 0)}


def item_status_condition(task: Task, wanted: Sequence[ItemStatus]) -> sa.ColumnElement[bool]:
    """Return the condition that an item of this task counts as one of the wanted statuses."""
    stored = set(wanted)
    if task.status is TaskStatus.CANCELED:
        stored.discard(ItemStatus.QUEUED)
        if ItemStatus.CANCELED in stored:
            stored.add(ItemStatus.QUEUED)
    return Item.status.in_(sorted(stored)) if stored else sa.false()


def _display_status(item: Item, task: Task, status: ItemStatus, *, paused: bool) -> str:
    if status is ItemStatus.RUNNING and (task.status is TaskStatus.CANCELED or item.cancel_requested_at):
        return "canceling"
    if status is not ItemStatus.QUEUED:
        return status.value
    if paused:
        return "paused"
    if item.stage == Stage.HELD:
        return "waiting"
    if item.stage == Stage.WAITING:
        return "retrying" if item.attempt or item.error else "scheduled"
    return "queued"


def item_view(item: Item, worker: Worker | None, task: Task, reasons: Reasons | None) -> ItemView:
    """Return an item as people see it in a list."""
    status = item_status(item, task)
    asked = reasons if status is ItemStatus.QUEUED else None
    return ItemView(
        id=item.id,
        task_id=item.task_id,
        index=item.index,
        type=item.type,
        title=item.title,
        subject=item.subject,
        status=status,
        display_status=_display_status(
            item, task, status, paused=asked is not None and asked.is_paused(item)
        ),
        waiting_for=asked.of(item) if asked else None,
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
        **view.model_dump(),
        payload=item.payload,
        result=item.result,
        error=item.error,
        attempts=[AttemptView.model_validate(one) for one in item.attempts or ()],
        log_lines=log_lines,
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
        abandoned=[AbandonedProcess.model_validate(one) for one in worker.abandoned],
        running=running,
    )
