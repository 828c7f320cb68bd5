"""Tells what has been committed; a lost event is late, never a lost fact, so failures are only logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import redis
import structlog
from redis.client import Pipeline

from queueapp.events import keys
from queueapp.events.kinds import KIND_OF_STATUS, Event, Kind
from queueapp.ledger import eta
from queueapp.ledger.outcomes import TaskChange
from queueapp.ledger.views import TaskView

log = structlog.get_logger(__name__)

#: Seconds for which a task counts as watched after `watch`.
WATCH_SECONDS = 15


def publish(client: redis.Redis, events: Iterable[Event]) -> None:
    """Append events to the stream in one round trip."""
    listed = list(events)
    if not listed:
        return
    try:
        pipe = client.pipeline(transaction=False)
        append(pipe, listed)
        pipe.execute()
    except redis.RedisError as error:
        log.warning("events not published", count=len(listed), reason=str(error))


def append(pipe: Pipeline, events: Iterable[Event]) -> None:
    """Add the appending of events to what a pipeline will do."""
    for event in events:
        fields: Any = {"e": event.model_dump_json(exclude_none=True)}
        pipe.xadd(keys.EVENTS, fields, maxlen=keys.MAX_EVENTS, approximate=True)


def watch(client: redis.Redis, task_id: int) -> None:
    """Ask workers to tell of each item of a task for the next 15 seconds."""
    seconds, _ = client.time()
    client.zadd(keys.WATCHED, {str(task_id): int(seconds) + WATCH_SECONDS})


def watched(client: redis.Redis) -> frozenset[int]:
    """Return the ids of the tasks whose items somebody watches."""
    seconds, _ = client.time()
    client.zremrangebyscore(keys.WATCHED, 0, int(seconds))
    members: Any = client.zrange(keys.WATCHED, 0, -1)
    return frozenset(int(one) for one in members)


def task_event(change: TaskChange) -> Event:
    """Return the event that tells of a task as it stands."""
    done = change.completed_items + change.failed_items + change.skipped_items + change.canceled_items
    kind = Kind.TASK_UPDATED
    if change.status != change.status_before:
        kind = KIND_OF_STATUS.get(change.status, Kind.TASK_UPDATED)
    return Event(
        kind=kind,
        task_id=change.id,
        type=change.type,
        title=change.title,
        status=change.status,
        counts={
            "total": change.total_items, "completed": change.completed_items, "failed": change.failed_items,
            "skipped": change.skipped_items, "canceled": change.canceled_items, "running": change.running_items,
        },
        percent=eta.percent(change.total_items, done),
        eta_seconds=eta.eta_seconds(
            total=change.total_items, done=done, growing=change.growing_items + change.open,
            paused=change.paused, pace_seconds=change.pace_seconds, due_seconds=change.due_seconds,
        ),
        message=change.message,
    )  # fmt: skip


def view_event(view: TaskView) -> Event:
    """Return the event that tells of a task as a reader sees it."""
    return Event(
        kind=KIND_OF_STATUS.get(view.status, Kind.TASK_UPDATED),
        task_id=view.id,
        type=view.type,
        title=view.title,
        status=view.status,
        counts={
            "total": view.total_items, "completed": view.completed_items, "failed": view.failed_items,
            "skipped": view.skipped_items, "canceled": view.canceled_items, "running": view.running_items,
        },
        percent=view.percent,
        eta_seconds=view.eta_seconds,
        message=view.message,
    )  # fmt: skip


def publish_changes(client: redis.Redis, changes: Sequence[TaskChange]) -> None:
    """Tell of tasks as a batch left them."""
    publish(client, (task_event(change) for change in changes))
