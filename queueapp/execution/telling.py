"""Turns commits into events: at most four a second for a task, its last state always, items only when watched."""

from __future__ import annotations

import time
from collections.abc import Sequence

import redis
import structlog

from queueapp.events.kinds import Event, Kind
from queueapp.events.publish import publish, task_event
from queueapp.ledger.outcomes import Move, Outcome, TaskChange

log = structlog.get_logger(__name__)

#: Seconds between two events of a task whose status stays.
TASK_SECONDS = 0.25
#: Item events of one batch at most; a page reloads what it missed with the task's event.
MAX_ITEM_EVENTS = 100

STATUS_OF_MOVE = {Move.STARTED: "running", Move.RETRY: "queued", Move.RELEASED: "queued"}


class Telling:
    """Gathers the changes of one worker process and tells of them."""

    def __init__(self, client: redis.Redis) -> None:
        self.redis = client
        #: tasks whose items somebody watches; kept current by the watch thread
        self.watched: frozenset[int] = frozenset()
        self._pending: dict[int, TaskChange] = {}
        self._told_at: dict[int, float] = {}

    def changed(self, changes: Sequence[TaskChange], outcomes: Sequence[Outcome]) -> None:
        """Take what a commit changed."""
        events = []
        for change in changes:
            if change.status != change.status_before:
                self._pending.pop(change.id, None)
                events.append(task_event(change))
            else:
                self._pending[change.id] = change
        if self.watched:
            told = [one for one in outcomes if one.task_id in self.watched]
            events += [item_event(one) for one in told[:MAX_ITEM_EVENTS]]
        publish(self.redis, events)

    def flush(self) -> None:
        """Tell of the tasks whose last event is old enough."""
        if not self._pending:
            return
        now = time.monotonic()
        due = [one for one in self._pending.values() if now - self._told_at.get(one.id, 0.0) >= TASK_SECONDS]
        for change in due:
            del self._pending[change.id]
            self._told_at[change.id] = now
        if len(self._told_at) > 10_000:
            self._told_at = {task_id: at for task_id, at in self._told_at.items() if now - at < TASK_SECONDS}
        publish(self.redis, (task_event(change) for change in due))


def item_event(outcome: Outcome) -> Event:
    """Return the event that tells of an item."""
    return Event(
        kind=Kind.ITEM_UPDATED,
        task_id=outcome.task_id,
        item_id=outcome.item_id,
        status=STATUS_OF_MOVE.get(outcome.move, outcome.move.value),
    )
