"""A due time makes one task, once, whoever asks and however often."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from queueapp import bootstrap, errors
from queueapp.bootstrap import Runtime
from queueapp.models.schedule import RunOutcome, Schedule, ScheduleRun
from queueapp.services.schedule import schedule_runs
from tests.integration.finished_tasks import finished_task
from tests.integration.schedule_rows import (
    add_schedule,
    all_tasks,
    finish_all_tasks,
    reread,
    runs_of,
    set_due,
)


def fire(runtime: Runtime, schedule: Schedule) -> int | None:
    assert schedule.next_due_at is not None
    return schedule_runs.fire(runtime, schedule.id, schedule.next_due_at)


def past_run(schedule: Schedule, days_ago: float, task_id: int | None = None) -> ScheduleRun:
    when = sa.func.now() - timedelta(days=days_ago)
    return ScheduleRun(
        schedule_id=schedule.id, due_at=when, created_at=when, outcome=RunOutcome.FIRED, task_id=task_id
    )


def test_a_due_schedule_makes_its_task_and_moves_on(runtime: Runtime) -> None:
    schedule = add_schedule(runtime, due_in_seconds=-5)
    task_id = fire(runtime, schedule)
    (task,) = all_tasks(runtime)
    assert (task.id, task.type, task.created_by, task.origin) == (task_id, "noop", "scheduler", "schedule")
    assert task.priority == 8
    (run,) = runs_of(runtime)
    assert (run.due_at, run.task_id, run.outcome) == (schedule.next_due_at, task_id, RunOutcome.FIRED)
    assert reread(runtime).next_due_at == run.due_at + timedelta(hours=1)
    assert reread(runtime).last_task_id == task_id


def test_the_same_due_time_asked_for_again_makes_nothing(runtime: Runtime) -> None:
    schedule = add_schedule(runtime)
    assert fire(runtime, schedule) is not None
    assert fire(runtime, schedule) is None
    assert len(all_tasks(runtime)) == 1


def test_many_asking_at_once_make_one_task(runtime: Runtime) -> None:
    schedule = add_schedule(runtime)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fire(runtime, schedule), range(8)))
    assert len([answer for answer in answers if answer is not None]) == 1
    assert len(all_tasks(runtime)) == 1


def test_a_due_time_that_was_met_is_never_met_again_even_if_the_row_is_set_back(runtime: Runtime) -> None:
    schedule = add_schedule(runtime)
    fire(runtime, schedule)
    finish_all_tasks(runtime)
    with runtime.transaction() as session:
        session.execute(sa.update(Schedule).values(next_due_at=schedule.next_due_at))
    assert fire(runtime, schedule) is None
    assert len(all_tasks(runtime)) == 1
    assert reread(runtime).next_due_at != schedule.next_due_at


def test_nothing_fires_before_postgres_says_it_is_time(runtime: Runtime) -> None:
    schedule = add_schedule(runtime, due_in_seconds=30)
    assert fire(runtime, schedule) is None
    assert reread(runtime).next_due_at == schedule.next_due_at


def test_jitter_holds_a_due_time_back(runtime: Runtime) -> None:
    assert fire(runtime, add_schedule(runtime, due_in_seconds=-1, jitter_seconds=10**8)) is None
    assert all_tasks(runtime) == []


def test_a_disabled_schedule_does_not_fire(runtime: Runtime) -> None:
    assert fire(runtime, add_schedule(runtime, enabled=False)) is None
    assert all_tasks(runtime) == []


def test_days_of_missed_times_make_one_task(runtime: Runtime) -> None:
    schedule = add_schedule(runtime, due_in_seconds=-3 * 24 * 3600 - 60)
    assert fire(runtime, schedule) is not None
    finish_all_tasks(runtime)
    following = reread(runtime)
    assert following.next_due_at is not None
    assert following.next_due_at - schedule.next_due_at == timedelta(hours=73)  # type: ignore[operator]
    assert fire(runtime, following) is None
    assert len(all_tasks(runtime)) == 1


def test_a_due_time_is_skipped_while_the_last_run_is_active(runtime: Runtime) -> None:
    add_schedule(runtime)
    fire(runtime, reread(runtime))
    due_at = set_due(runtime, "tick", -1)
    assert fire(runtime, reread(runtime)) is None
    assert len(all_tasks(runtime)) == 1
    skipped = runs_of(runtime)[-1]
    assert (skipped.due_at, skipped.outcome, skipped.task_id) == (due_at, RunOutcome.SKIPPED, None)
    finish_all_tasks(runtime)
    set_due(runtime, "tick", -1)
    assert fire(runtime, reread(runtime)) is not None


def test_a_task_that_is_refused_leaves_no_trace_of_its_due_time(runtime: Runtime) -> None:
    schedule = add_schedule(runtime, payload={"no such field": 1})
    with pytest.raises(errors.BadPayload):
        fire(runtime, schedule)
    assert runs_of(runtime) == []
    assert reread(runtime).next_due_at == schedule.next_due_at


def test_with_redis_away_the_task_is_stored_all_the_same(runtime: Runtime) -> None:
    schedule = add_schedule(runtime)
    cut_off = dataclasses.replace(runtime, redis=bootstrap.make_redis("unix:///nonexistent/redis.sock"))
    assert fire(cut_off, schedule) is not None
    assert len(all_tasks(runtime)) == 1


def test_run_now_makes_a_task_and_leaves_the_due_time_alone(runtime: Runtime) -> None:
    schedule = add_schedule(runtime, due_in_seconds=600)
    task_id = schedule_runs.run_now(runtime, "tick", by="anna")
    (task,) = all_tasks(runtime)
    assert (task.id, task.created_by, task.priority) == (task_id, "anna", 3)
    assert reread(runtime).next_due_at == schedule.next_due_at
    assert runs_of(runtime)[0].manual


def test_run_now_is_refused_while_the_last_run_is_active(runtime: Runtime) -> None:
    schedule = add_schedule(runtime)
    task_id = schedule_runs.run_now(runtime, schedule.id, by="anna")
    with pytest.raises(errors.AlreadyQueued) as refused:
        schedule_runs.run_now(runtime, schedule.id, by="bert")
    assert refused.value.task_id == task_id


def test_run_now_of_an_unknown_schedule_is_not_found(runtime: Runtime) -> None:
    with pytest.raises(errors.NotFound):
        schedule_runs.run_now(runtime, "nothing", by="anna")


def test_a_run_outlives_its_pruned_task(runtime: Runtime) -> None:
    schedule = add_schedule(runtime)
    with runtime.transaction() as session:
        task_id = finished_task(session, 40)
        session.execute(sa.update(Schedule).values(last_task_id=task_id))
        session.add(past_run(schedule, 40, task_id))
    with runtime.transaction() as session:
        session.execute(sa.text("DELETE FROM queue_tasks"))
    assert runs_of(runtime)[0].task_id is None
    assert fire(runtime, reread(runtime)) is not None


def test_old_runs_are_forgotten_but_for_the_last_of_each_schedule(runtime: Runtime) -> None:
    for name in ("often", "rarely"):
        schedule = add_schedule(runtime, name)
        with runtime.transaction() as session:
            for age in (300, 200, 100):
                session.add(past_run(schedule, age))
                session.flush()
    fire(runtime, reread(runtime, "often"))
    with runtime.transaction() as session:
        assert schedule_runs.prune_runs(session, 90) == 5
    assert len(runs_of(runtime, "often")) == 1
    assert len(runs_of(runtime, "rarely")) == 1
