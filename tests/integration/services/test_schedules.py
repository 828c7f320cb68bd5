"""Schedules are there, can be changed by people, and say when they run."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.config import Settings
from queueapp.models.schedule import Schedule
from queueapp.services.schedule import schedule_runs, schedule_views, schedules
from queueapp.services.schedule.schedules import ScheduleChange
from tests.integration.schedule_rows import add_schedule, finish_all_tasks, reread, set_due


def ensure(
    runtime: Runtime, settings: Settings | None = None, operations: tuple[str, ...] = ("cleanup",)
) -> None:
    with runtime.transaction() as session:
        schedules.ensure_built_in(session, settings or runtime.settings, operations)


def every_hours(settings: Settings, hours: int) -> Settings:
    return settings.model_copy(
        update={"tasks": settings.tasks.model_copy(update={"cleanup_interval_hours": hours})}
    )


def change(runtime: Runtime, **changes: object) -> Schedule:
    with runtime.transaction() as session:
        schedules.change_schedule(session, "tick", ScheduleChange.model_validate(changes))
    return reread(runtime)


def seconds_ahead(runtime: Runtime, schedule: Schedule) -> float:
    with runtime.transaction() as session:
        now = session.execute(sa.select(sa.func.now())).scalar_one()
    assert schedule.next_due_at is not None
    return float((schedule.next_due_at - now).total_seconds())


def test_cleanup_is_built_in_daily_and_first_due_after_a_day(runtime: Runtime) -> None:
    ensure(runtime)
    cleanup = reread(runtime, "cleanup")
    assert (cleanup.operation, cleanup.interval_seconds, cleanup.enabled) == ("cleanup", 86400, True)
    assert 86390 < seconds_ahead(runtime, cleanup) <= 86400


def test_a_schedule_is_there_only_if_its_operation_is(runtime: Runtime) -> None:
    ensure(runtime, operations=("noop",))
    with runtime.transaction() as session:
        assert schedule_views.list_schedules(session, ["noop", "cleanup"]) == []
    ensure(runtime)
    with runtime.transaction() as session:
        assert schedule_views.list_schedules(session, ["noop"]) == []
        assert len(schedule_views.list_schedules(session, ["noop", "cleanup"])) == 1


def test_every_built_in_schedule_of_this_program_has_its_operation(runtime: Runtime) -> None:
    assert {each.operation for each in schedules.BUILT_IN} <= set(runtime.registry.names())


def test_starting_again_changes_nothing(runtime: Runtime) -> None:
    ensure(runtime)
    before = reread(runtime, "cleanup")
    ensure(runtime)
    after = reread(runtime, "cleanup")
    assert (after.id, after.next_due_at) == (before.id, before.next_due_at)


def test_a_changed_setting_moves_the_built_in_schedule(runtime: Runtime, settings: Settings) -> None:
    ensure(runtime)
    ensure(runtime, every_hours(settings, 6))
    cleanup = reread(runtime, "cleanup")
    assert cleanup.interval_seconds == 6 * 3600
    assert seconds_ahead(runtime, cleanup) <= 6 * 3600


def test_what_a_person_set_is_not_overruled_by_settings(runtime: Runtime, settings: Settings) -> None:
    ensure(runtime)
    with runtime.transaction() as session:
        schedules.change_schedule(session, "cleanup", ScheduleChange(cron="0 4 * * *"))
    ensure(runtime, every_hours(settings, 6))
    cleanup = reread(runtime, "cleanup")
    assert (cleanup.cron, cleanup.interval_seconds) == ("0 4 * * *", None)


def test_a_changed_interval_counts_from_now(runtime: Runtime) -> None:
    add_schedule(runtime, due_in_seconds=3000)
    changed = change(runtime, interval_seconds=60)
    assert changed.interval_seconds == 60
    assert 50 < seconds_ahead(runtime, changed) <= 60


def test_a_cron_expression_replaces_the_interval(runtime: Runtime) -> None:
    add_schedule(runtime)
    changed = change(runtime, cron="30 4 * * *", timezone="Europe/Berlin")
    assert (changed.cron, changed.interval_seconds) == ("30 4 * * *", None)
    assert changed.next_due_at is not None
    assert changed.next_due_at.minute == 30
    assert 0 < seconds_ahead(runtime, changed) <= 25 * 3600


@pytest.mark.parametrize(
    ("field", "value"), [("cron", "61 * * * *"), ("cron", "0 0 30 2 *"), ("timezone", "Mars/Olympus")]
)
def test_what_cannot_be_read_is_refused_by_its_field(runtime: Runtime, field: str, value: str) -> None:
    before = add_schedule(runtime)
    with pytest.raises(errors.BadPayload) as refused:
        change(runtime, **{field: value})
    assert refused.value.errors[0]["loc"] == [field]
    assert reread(runtime).next_due_at == before.next_due_at


@pytest.mark.parametrize(
    "wrong", [{"interval_seconds": 0}, {"cron": "* * * * *", "interval_seconds": 60}, {"nme": 1}]
)
def test_a_change_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ScheduleChange.model_validate(wrong)


def test_what_was_missed_while_disabled_is_not_made_up_for(runtime: Runtime) -> None:
    add_schedule(runtime)
    assert not change(runtime, enabled=False).enabled
    set_due(runtime, "tick", -86400)
    assert seconds_ahead(runtime, change(runtime, enabled=True)) > 3590


def test_jitter_can_be_changed_without_moving_the_due_time(runtime: Runtime) -> None:
    before = add_schedule(runtime, due_in_seconds=100)
    changed = change(runtime, jitter_seconds=60)
    assert (changed.jitter_seconds, changed.next_due_at) == (60, before.next_due_at)


def test_a_schedule_shows_its_last_run_with_duration_and_result(runtime: Runtime) -> None:
    schedule = add_schedule(runtime)
    assert schedule.next_due_at is not None
    task_id = schedule_runs.fire(runtime, schedule.id, schedule.next_due_at)
    with runtime.transaction() as session:
        assert schedule_views.view_schedule(session, "tick").active
    finish_all_tasks(runtime)
    with runtime.transaction() as session:
        view = schedule_views.view_schedule(session, "tick")
    assert view.last_run is not None
    assert (view.active, view.last_run.task_id, view.last_run.status) == (False, task_id, "completed")
    assert view.last_run.duration_seconds == pytest.approx(2, abs=0.1)
    assert view.last_run.result == {"deleted_tasks": 7}
    assert view.next_run_at == schedule.next_due_at + timedelta(hours=1)


def test_a_disabled_schedule_shows_no_next_run(runtime: Runtime) -> None:
    add_schedule(runtime, enabled=False)
    with runtime.transaction() as session:
        assert schedule_views.view_schedule(session, "tick").next_run_at is None
