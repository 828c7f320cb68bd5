"""Use cases on schedules: have the built-in ones, list, change. What a due time does is in schedule_runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp import cron, errors
from queueapp.config import Settings
from queueapp.models.schedule import Schedule
from queueapp.services.lists import processor
from queueapp.services.schedule import rescans
from queueapp.services.schedule.schedule_timing import next_due

DAY_SECONDS = 24 * 3600
WEEK_SECONDS = 7 * DAY_SECONDS
MAX_SECONDS = 366 * DAY_SECONDS


@dataclass(frozen=True)
class BuiltIn:
    """A schedule that every instance has, provided that its operation is registered."""

    name: str
    title: str
    operation: str
    interval_seconds: Callable[[Settings], int]
    payload: dict[str, Any] = field(default_factory=dict)
    #: whether there is anything to do; a due time without makes no task
    has_work: Callable[[Session], bool] | None = None


BUILT_IN = (
    BuiltIn(
        name="cleanup",
        title="Delete old finished tasks",
        operation="cleanup",
        interval_seconds=lambda settings: settings.tasks.cleanup_interval_hours * 3600,
    ),
    BuiltIn(
        name=processor.SCHEDULE,
        title="TMDB list processing",
        operation="process_lists",
        interval_seconds=lambda _: 60,
        has_work=processor.has_work,
    ),
    BuiltIn(
        name="downloader-history",
        title="Take in what downloaders did unheard",
        operation="recover_history",
        interval_seconds=lambda _: 3600,
    ),
    BuiltIn(
        name="provider-update",
        title="Refresh old metadata",
        operation="update_metadata",
        interval_seconds=lambda _: WEEK_SECONDS,
    ),
    BuiltIn(
        name="verification",
        title="Verify all libraries",
        operation="verify_library",
        interval_seconds=lambda _: WEEK_SECONDS,
    ),
    BuiltIn(
        name="garbage-collection",
        title="Delete unused pictures and replaced files",
        operation="collect_garbage",
        interval_seconds=lambda _: DAY_SECONDS,
    ),
)


class ScheduleChange(BaseModel):
    """What a person may change of a schedule; what is not given stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "anyOf": [{"properties": {name: {"type": "null"}}} for name in ("cron", "interval_seconds")]
        },
    )

    enabled: bool | None = Field(None, description="Whether the schedule fires")
    cron: str | None = Field(None, max_length=200, description="Cron fields: minute hour day month weekday")
    timezone: str | None = Field(None, max_length=64, description="Time zone in which cron is read")
    interval_seconds: int | None = Field(None, ge=10, le=MAX_SECONDS, description="Seconds between two runs")
    jitter_seconds: int | None = Field(None, ge=0, le=MAX_SECONDS, description="Fires at most this much late")

    @model_validator(mode="after")
    def _one_timing(self) -> Self:
        if self.cron is not None and self.interval_seconds is not None:
            raise ValueError("give either cron or interval_seconds")
        return self


def ensure_built_in(session: Session, settings: Settings, operations: Collection[str]) -> None:
    """Insert the built-in schedules whose operation exists, and follow the settings where nobody edited them.

    Each library has one of its own, switched off. A new schedule first comes due one interval from now.
    """
    for each in BUILT_IN:
        if each.operation in operations:
            _insert_built_in(session, each, each.interval_seconds(settings))
    if "scan" in operations:
        rescans.ensure_all(session)


def _insert_built_in(session: Session, each: BuiltIn, seconds: int) -> None:
    interval = timedelta(seconds=seconds)
    row = insert(Schedule).values(
        name=each.name,
        title=each.title,
        operation=each.operation,
        payload=each.payload,
        interval_seconds=seconds,
        next_due_at=sa.func.now() + interval,
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["name"]))
    old_interval = sa.func.make_interval(0, 0, 0, 0, 0, 0, Schedule.interval_seconds)
    session.execute(
        sa.update(Schedule)
        .where(Schedule.name == each.name, ~Schedule.timing_edited, Schedule.interval_seconds != seconds)
        .values(
            interval_seconds=seconds,
            next_due_at=Schedule.next_due_at - old_interval + interval,
            updated_at=sa.func.now(),
        )
    )


def is_idle(session: Session, schedule: Schedule) -> bool:
    """Whether a due time of the schedule would find nothing to do."""
    built_in = next((each for each in BUILT_IN if each.name == schedule.name), None)
    return built_in is not None and built_in.has_work is not None and not built_in.has_work(session)


def get_schedule(session: Session, key: int | str, *, lock: bool = False) -> Schedule:
    """The schedule of that id or name, its row locked if asked. Raises NotFound."""
    wanted = Schedule.id == key if isinstance(key, int) else Schedule.name == key
    query = sa.select(Schedule).where(wanted).execution_options(populate_existing=True)
    schedule = session.scalar(query.with_for_update() if lock else query)
    if schedule is None:
        raise errors.NotFound(f"there is no schedule {key!r}")
    return schedule


def all_schedules(session: Session, operations: Collection[str]) -> Sequence[Schedule]:
    """Every schedule whose operation exists, by name."""
    query = sa.select(Schedule).where(Schedule.operation.in_(operations)).order_by(Schedule.name)
    return session.scalars(query).all()


def change_schedule(session: Session, key: int | str, change: ScheduleChange) -> Schedule:
    """Change timing, jitter or whether it fires at all; what was missed while disabled is not made up for.

    Raises NotFound, and BadPayload for a cron expression or a time zone that cannot be read.
    """
    schedule = get_schedule(session, key, lock=True)
    retimed = _change_timing(schedule, change)
    if change.jitter_seconds is not None:
        schedule.jitter_seconds = change.jitter_seconds
    enabling = change.enabled is True and not schedule.enabled
    if change.enabled is not None:
        schedule.enabled = change.enabled
    if retimed or enabling:
        now = _now(session)
        schedule.next_due_at = next_due(schedule, now, now)
    schedule.updated_at = sa.func.now()
    session.flush()
    return schedule


def _change_timing(schedule: Schedule, change: ScheduleChange) -> bool:
    if change.interval_seconds is not None:
        schedule.cron, schedule.interval_seconds = None, change.interval_seconds
    elif change.cron is not None or change.timezone is not None:
        _change_cron(schedule, change)
    else:
        return False
    schedule.timing_edited = True
    return True


def _change_cron(schedule: Schedule, change: ScheduleChange) -> None:
    if change.timezone is not None:
        _refuse_unreadable("timezone", "* * * * *", change.timezone)
        schedule.timezone = change.timezone
    if change.cron is not None:
        _refuse_unreadable("cron", change.cron, schedule.timezone)
        schedule.cron, schedule.interval_seconds = change.cron, None


def _refuse_unreadable(field_name: str, expression: str, timezone: str) -> None:
    try:
        cron.parse(expression, timezone)
    except ValueError as error:
        raise errors.BadPayload(str(error), [{"loc": [field_name], "msg": str(error)}]) from None


def _now(session: Session) -> datetime:
    return session.execute(sa.select(sa.func.now())).scalar_one()
