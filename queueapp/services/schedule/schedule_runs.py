"""What a due time does: its row and its task are inserted in one transaction, so once means once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp import errors, states
from queueapp.models.schedule import RunOutcome, Schedule, ScheduleRun
from queueapp.models.task import Task
from queueapp.operations import Registry
from queueapp.priorities import Priority
from queueapp.services import enqueue, phase_config
from queueapp.services.enqueue import NewTask
from queueapp.services.schedule.schedule_timing import fires_at, next_due
from queueapp.services.schedule.schedules import get_schedule, is_idle

if TYPE_CHECKING:
    from queueapp.runtime import Runtime

#: Due times met longer ago than this are forgotten, but never the last one of a schedule.
KEEP_RUNS_DAYS = 90


def fire(runtime: Runtime, schedule_id: int, due_at: datetime) -> int | None:
    """Meet a due time: enqueue its task and move on to the next due time. Returns the task id.

    Nothing is done, and None returned, when the schedule has moved on or is disabled, when Postgres's clock
    has not come that far, when this due time was met before, when there is nothing to do, or when the last run is
    still active (which is noted as skipped).
    """
    with runtime.transaction() as session:
        task_id = _meet(session, runtime.registry, schedule_id, due_at)
    if task_id is not None:
        enqueue.dispatch_task(runtime, task_id)
    return task_id


def _meet(session: Session, registry: Registry, schedule_id: int, due_at: datetime) -> int | None:
    schedule = get_schedule(session, schedule_id, lock=True)
    now = _clock(session)
    if not schedule.enabled or schedule.next_due_at != due_at or now < fires_at(schedule, due_at):
        return None
    schedule.next_due_at = next_due(schedule, due_at, now)
    if is_idle(session, schedule):
        schedule.last_run_at = now
        return None
    outcome = RunOutcome.SKIPPED if active_task_id(session, schedule) else RunOutcome.FIRED
    run_id = _insert_run(session, schedule, due_at, outcome)
    if run_id is None or outcome is RunOutcome.SKIPPED:
        return None
    return _enqueue_run(session, registry, schedule, run_id, "scheduler", Priority.LOW)


def run_now(runtime: Runtime, key: int | str, by: str) -> int:
    """Enqueue a schedule's task at once for the person `by`, its due times unchanged; returns the task id.

    Raises NotFound, and AlreadyQueued while its last run is still active.
    """
    with runtime.transaction() as session:
        schedule = get_schedule(session, key, lock=True)
        active = active_task_id(session, schedule)
        if active is not None:
            raise errors.AlreadyQueued(active)
        run_id = _insert_run(session, schedule, _clock(session), RunOutcome.FIRED, manual=True)
        if run_id is None:
            raise errors.Conflict(f"schedule {schedule.name!r} was run at this very moment")
        task_id = _enqueue_run(session, runtime.registry, schedule, run_id, by, Priority.HIGH)
    enqueue.dispatch_task(runtime, task_id)
    return task_id


def active_task_id(session: Session, schedule: Schedule) -> int | None:
    """The task of the schedule's last run, if that is not yet terminal."""
    last = sa.select(Task.id).where(Task.id == schedule.last_task_id, Task.status.in_(states.TASK_ACTIVE))
    return session.scalar(last)


def prune_runs(session: Session, older_than_days: int = KEEP_RUNS_DAYS) -> int:
    """Forget due times met long ago, but the last of each schedule; returns how many."""
    newest = sa.select(sa.func.max(ScheduleRun.id)).group_by(ScheduleRun.schedule_id, ScheduleRun.outcome)
    long_ago = sa.func.now() - sa.func.make_interval(0, 0, 0, older_than_days)
    old = sa.delete(ScheduleRun).where(ScheduleRun.created_at < long_ago, ~ScheduleRun.id.in_(newest))
    return len(session.scalars(old.returning(ScheduleRun.id)).all())


def _insert_run(
    session: Session, schedule: Schedule, due_at: datetime, outcome: RunOutcome, *, manual: bool = False
) -> int | None:
    row = insert(ScheduleRun).values(schedule_id=schedule.id, due_at=due_at, outcome=outcome, manual=manual)
    once = row.on_conflict_do_nothing(index_elements=["schedule_id", "due_at"])
    return session.scalar(once.returning(ScheduleRun.id))


def _enqueue_run(
    session: Session, registry: Registry, schedule: Schedule, run_id: int, by: str, priority: Priority
) -> int:
    task_id = enqueue.insert_task(
        session,
        registry,
        NewTask(
            type=schedule.operation,
            items=[schedule.payload],
            title=schedule.title,
            priority=priority,
            created_by=by,
            origin="schedule",
            meta={"schedule": schedule.name, "config": phase_config.snapshot(session)},
            automatic=True,
        ),
    )
    session.execute(sa.update(ScheduleRun).where(ScheduleRun.id == run_id).values(task_id=task_id))
    schedule.last_run_at = sa.func.now()
    schedule.last_task_id = task_id
    session.flush()
    return task_id


def _clock(session: Session) -> datetime:
    # Not now(): the row lock may have been waited for, and now() is the time before that wait.
    return session.execute(sa.select(sa.func.clock_timestamp(type_=sa.DateTime(timezone=True)))).scalar_one()
