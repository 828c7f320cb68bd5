"""Schedules as people read them: next run, and the last run with its duration and result."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from queueapp import states
from queueapp.models.item import Item
from queueapp.models.schedule import RunOutcome, Schedule, ScheduleRun
from queueapp.models.task import Task
from queueapp.services.schedule.schedule_timing import fires_at
from queueapp.services.schedule.schedules import all_schedules, get_schedule


class LastRun(BaseModel):
    """The newest due time that made a task, or run by hand, and what became of that task."""

    due_at: datetime
    manual: bool
    task_id: int | None
    status: states.TaskStatus | None
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    result: dict[str, Any] | None
    error: str | None


class ScheduleView(BaseModel):
    """One schedule, JSON-ready by `.model_dump(mode="json")`."""

    id: int
    name: str
    title: str
    operation: str
    payload: dict[str, Any]
    cron: str | None
    interval_seconds: int | None
    timezone: str
    jitter_seconds: int
    enabled: bool
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_run: LastRun | None
    last_skipped_at: datetime | None
    active: bool


def list_schedules(session: Session, operations: Collection[str]) -> list[ScheduleView]:
    """Every schedule whose operation exists, by name."""
    return [_view(session, schedule) for schedule in all_schedules(session, operations)]


def view_schedule(session: Session, key: int | str) -> ScheduleView:
    """One schedule by id or name. Raises NotFound."""
    return _view(session, get_schedule(session, key))


def _view(session: Session, schedule: Schedule) -> ScheduleView:
    last = _last_run(session, schedule.id)
    due = schedule.next_due_at if schedule.enabled else None
    return ScheduleView(
        id=schedule.id,
        name=schedule.name,
        title=schedule.title,
        operation=schedule.operation,
        payload=schedule.payload,
        cron=schedule.cron,
        interval_seconds=schedule.interval_seconds,
        timezone=schedule.timezone,
        jitter_seconds=schedule.jitter_seconds,
        enabled=schedule.enabled,
        next_run_at=fires_at(schedule, due) if due else None,
        last_run_at=schedule.last_run_at,
        last_run=last,
        last_skipped_at=_last_skipped_at(session, schedule.id),
        active=last is not None and last.status in states.TASK_ACTIVE,
    )


def _last_run(session: Session, schedule_id: int) -> LastRun | None:
    newest = (
        sa.select(ScheduleRun, Task)
        .outerjoin(Task, Task.id == ScheduleRun.task_id)
        .where(ScheduleRun.schedule_id == schedule_id, ScheduleRun.outcome == RunOutcome.FIRED)
        .order_by(ScheduleRun.id.desc())
        .limit(1)
    )
    row = session.execute(newest).one_or_none()
    if row is None:
        return None
    run, task = row
    return LastRun(
        due_at=run.due_at,
        manual=run.manual,
        task_id=run.task_id,
        status=task.status if task else None,
        started_at=task.started_at if task else None,
        finished_at=task.finished_at if task else None,
        duration_seconds=_duration(task),
        result=_result(session, task),
        error=task.error if task else None,
    )


def _last_skipped_at(session: Session, schedule_id: int) -> datetime | None:
    skipped = sa.select(sa.func.max(ScheduleRun.due_at)).where(
        ScheduleRun.schedule_id == schedule_id, ScheduleRun.outcome == RunOutcome.SKIPPED
    )
    return session.scalar(skipped)


def _duration(task: Task | None) -> float | None:
    if task is None or task.started_at is None or task.finished_at is None:
        return None
    return (task.finished_at - task.started_at).total_seconds()


def _result(session: Session, task: Task | None) -> dict[str, Any] | None:
    """The result of the task, or of its one item when it has no more."""
    if task is None or task.result is not None or task.total_items != 1:
        return task.result if task else None
    return session.scalar(sa.select(Item.result).where(Item.task_id == task.id))
