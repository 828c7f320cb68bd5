"""Schedules as tests want them: due when the test says, by writing rows instead of waiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.models.schedule import Schedule, ScheduleRun
from queueapp.models.task import Task


def add_schedule(
    runtime: Runtime, name: str = "tick", *, due_in_seconds: float = -1, **columns: Any
) -> Schedule:
    """Insert an enabled schedule of the operation noop, every hour unless told otherwise."""
    values: dict[str, Any] = {"title": name, "operation": "noop", "payload": {}, "interval_seconds": 3600}
    with runtime.transaction() as session:
        schedule = Schedule(name=name, next_due_at=_from_now(due_in_seconds), **(values | columns))
        session.add(schedule)
        session.flush()
        session.refresh(schedule)
    return schedule


def set_due(runtime: Runtime, name: str, seconds_from_now: float) -> datetime:
    """Move the next due time of a schedule; returns it."""
    moved = sa.update(Schedule).where(Schedule.name == name).values(next_due_at=_from_now(seconds_from_now))
    with runtime.transaction() as session:
        return session.scalar(moved.returning(Schedule.next_due_at))  # type: ignore[return-value]


def reread(runtime: Runtime, name: str = "tick") -> Schedule:
    """The schedule as it stands now."""
    with runtime.transaction() as session:
        return session.execute(sa.select(Schedule).where(Schedule.name == name)).scalar_one()


def runs_of(runtime: Runtime, name: str = "tick") -> list[ScheduleRun]:
    """The due times met so far, oldest first."""
    wanted = sa.select(ScheduleRun).join(Schedule, Schedule.id == ScheduleRun.schedule_id)
    with runtime.transaction() as session:
        return list(session.scalars(wanted.where(Schedule.name == name).order_by(ScheduleRun.id)))


def all_tasks(runtime: Runtime) -> list[Task]:
    """Every task, oldest first."""
    with runtime.transaction() as session:
        return list(session.scalars(sa.select(Task).order_by(Task.id)))


def finish_all_tasks(runtime: Runtime) -> None:
    """Write all tasks as completed, as if their items had run for two seconds."""
    with runtime.transaction() as session:
        session.execute(
            sa.text(
                "UPDATE queue_tasks SET status = 'completed', started_at = now() - interval '2 seconds',"
                " finished_at = now(), completed_items = total_items WHERE finished_at IS NULL"
            )
        )
        session.execute(
            sa.text(
                "UPDATE queue_items SET status = 'completed', stage = 4, finished_at = now(),"
                """ result = '{"deleted_tasks": 7}'::jsonb WHERE finished_at IS NULL"""
            )
        )


def _from_now(seconds: float) -> sa.ColumnElement[datetime]:
    return sa.func.now() + timedelta(seconds=seconds)
