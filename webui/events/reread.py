"""Makes lost events late instead of missing: changed tasks are read again from Postgres and told again."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any

import redis
import sqlalchemy as sa
import structlog

from queueapp.errors import QueueAppError
from queueapp.events import publish, streams
from queueapp.events.kinds import Event, Kind
from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.states import TaskStatus
from webui.events.hub import Hub

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 3.0
#: a change younger than this may still be on its way
GRACE_SECONDS = 2.0
MAX_TASKS = 500
REMEMBERED = 5000

State = tuple[Any, ...]


class ToldStates:
    """What the events of each task last said."""

    def __init__(self) -> None:
        self._states: OrderedDict[int, State] = OrderedDict()

    def note(self, event: Event) -> None:
        """Remember what an event says of its task."""
        if event.task_id is None or event.kind in {Kind.ITEM_UPDATED, Kind.RESET}:
            return
        self._states[event.task_id] = _state(event)
        self._states.move_to_end(event.task_id)
        if len(self._states) > REMEMBERED:
            self._states.popitem(last=False)

    def is_told(self, event: Event) -> bool:
        """Whether the last event of this task said the same."""
        return event.task_id is not None and self._states.get(event.task_id) == _state(event)

    def forget(self) -> None:
        """Take everything as not told."""
        self._states.clear()


class Rereader:
    """Every few seconds compares changed tasks with what was told, and keeps watched tasks watched."""

    def __init__(self, runtime: Runtime, hub: Hub, told: ToldStates) -> None:
        self._runtime = runtime
        self._hub = hub
        self._told = told
        self._since: datetime | None = None
        self._was_connected = True

    def start(self) -> None:
        """Begin, in a thread beside the hub."""
        self._hub.accompany(self._run, "events_reread")

    def _run(self) -> None:
        while True:
            try:
                self.run_once()
            except (QueueAppError, sa.exc.SQLAlchemyError) as error:
                log.warning("changed tasks cannot be read again", reason=str(error).splitlines()[0])
            self._tell_streams()
            if self._hub.closed.wait(INTERVAL_SECONDS):
                return

    def _tell_streams(self) -> None:
        """Let a scrape of any web process count the streams of this one."""
        try:
            streams.tell(self._runtime.redis, self._hub.client_count())
        except redis.RedisError as error:
            log.warning("the number of event streams is not told", reason=str(error))

    def run_once(self) -> None:
        """Tell again what was not told; the first call only notes the time."""
        connected = self._hub.connected
        if connected and not self._was_connected:
            # What was told during the outage stands in no stream: who reconnects now must find it there.
            self._told.forget()
        self._was_connected = connected
        until, tasks = self._changed_tasks()
        events = [event for event in map(publish.view_event, tasks) if not self._told.is_told(event)]
        if connected:
            publish.publish(self._runtime.redis, events)
            self._since = until
            for task_id in self._hub.watched_tasks():
                watch(self._runtime, task_id)
        else:
            self._hub.publish([("", event) for event in events])

    def _changed_tasks(self) -> tuple[datetime, list[TaskView]]:
        """The tasks that changed since the last time, oldest change first, and until when that was."""
        with self._runtime.transaction() as session:
            grace = sa.func.make_interval(0, 0, 0, 0, 0, 0, GRACE_SECONDS)
            until = session.execute(sa.select(sa.func.now() - grace)).scalar_one()
            if self._since is None:
                self._since = until
            # Each branch has an index; `updated_at` has none, so that the ledger's updates stay cheap.
            recent = sa.or_(
                Task.status == TaskStatus.RUNNING,
                Task.finished_at > self._since,
                Task.created_at > self._since,
            )
            ids = session.scalars(
                sa.select(Task.id)
                .where(recent, Task.updated_at > self._since, Task.updated_at <= until)
                .order_by(Task.updated_at)
                .limit(MAX_TASKS)
            ).all()
            return until, reads.get_tasks(session, ids)


def watch(runtime: Runtime, task_id: int) -> None:
    """Ask workers to tell of each item of a task for a while; without Redis they cannot be asked."""
    try:
        publish.watch(runtime.redis, task_id)
    except Exception as error:
        log.warning("workers cannot be asked to tell of items", task_id=task_id, reason=str(error))


def _state(event: Event) -> State:
    """What of an event must not be lost; running items and messages change too often to be told twice."""
    counts = event.counts or {}
    return event.status, *(
        counts.get(name) for name in ("total", "completed", "failed", "skipped", "canceled")
    )
