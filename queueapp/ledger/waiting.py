"""Says in one line why items and tasks that are queued do not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only

from queueapp import db
from queueapp.ledger import queries
from queueapp.ledger.lanes import Lanes
from queueapp.models.control import Pause
from queueapp.models.item import Item
from queueapp.models.task import Task
from queueapp.models.worker import Worker
from queueapp.operations import REGISTRY
from queueapp.states import TASK_ACTIVE, ItemStatus, Stage

#: What decides why an item does not run.
LOOKED_AT = (
    Item.task_id, Item.index, Item.type, Item.status, Item.stage, Item.lane, Item.barrier, Item.error, Item.attempt,
    Item.available_at, Item.concurrency_key, Item.worker_id, Item.dispatched_at, Item.created_at, Item.crash_count,
)  # fmt: skip


def pauses_by_scope(session: Session) -> dict[str, Pause]:
    """Return the pauses in force; scope `*` is everything."""
    return {pause.scope: pause for pause in session.scalars(sa.select(Pause))}


def tasks_waiting_for(session: Session, tasks: Sequence[Task]) -> dict[int, str]:
    """Return for each of the tasks that is active though none of its items runs why that is so."""
    idle = {task.id: task for task in tasks if task.status in TASK_ACTIVE and not task.running_items}
    if not idle:
        return {}
    rows = db.raw(session).execute(queries.load("next_items"), {"task_ids": list(idle)}).fetchall()
    next_ones = sa.select(Item).where(Item.id.in_([row[0] for row in rows]))
    items = session.scalars(next_ones.options(load_only(*LOOKED_AT))).all()
    reasons = Reasons(session, idle, items)
    found = {item.task_id: said for item in items if (said := reasons.of(item)) is not None}
    for task_id, task in idle.items():
        if task_id not in found and (said := reasons.of_empty(task)) is not None:
            found[task_id] = said
    return found


class Reasons:
    """Says why the items of a page do not run; what it needs is read once for all of them, when it is needed."""

    def __init__(self, session: Session, tasks: Mapping[int, Task], items: Sequence[Item]) -> None:
        self._session = session
        self._tasks = tasks
        self._items = items
        self._lanes = Lanes(db.raw(session))

    def of(self, item: Item) -> str | None:
        """Return one line for an item that is queued, None for any other."""
        task = self._tasks[item.task_id]
        if item.status is not ItemStatus.QUEUED or task.status not in TASK_ACTIVE:
            return None
        return (
            self._pause(task, item.type)
            or self._stage(item, task)
            or self._limit(item)
            or self._lanes.reason(item, task)
        )

    def of_empty(self, task: Task) -> str | None:
        """Return one line for an active task that has no item to speak for it."""
        if paused := self._pause(task, task.type):
            return paused
        return "waits for further items, until it is closed" if task.open else None

    def is_paused(self, item: Item) -> bool:
        """Return whether a pause, of whatever, keeps the item from running."""
        return self._pause(self._tasks[item.task_id], item.type) is not None

    def _pause(self, task: Task, operation: str) -> str | None:
        if task.paused_at is not None:
            return f"paused by {task.paused_by or 'someone'}"
        for scope, what in (("*", "everything"), (operation, f"operation {operation}")):
            if scope in self._pauses:
                return f"paused: {what} is paused by {self._pauses[scope].paused_by or 'someone'}"
        return None

    def _stage(self, item: Item, task: Task) -> str | None:
        if item.stage == Stage.HELD:
            return self._held(item, task)
        if item.stage == Stage.WAITING and item.available_at is not None:
            return self._wait(item, item.available_at)
        if item.stage == Stage.DISPATCHED and item.worker_id:
            where = self._workers.get(item.worker_id, "a worker")
            if item.crash_count:
                return f"waits to run alone on {where}: a worker died while it ran"
            operation = REGISTRY.find(item.type)
            if operation is not None and operation.rate_limit is not None:
                return f"rate limit of {item.type}: waits for its turn on {where}"
            return f"about to start on {where}"
        return None

    def _held(self, item: Item, task: Task) -> str:
        if task.pending_dependencies:
            return self._dependencies.get(task.id, "waits for another task")
        if item.barrier:
            others = task.total_items - _done(task) - task.pending_barriers
            if others <= 0 and task.open:
                return "waits for further items, until the task is closed"
            return f"waits for all {max(others, 1)} other items of the task"
        if task.max_parallel == 1 and item.id in self._predecessors:
            return f"waits for item {self._predecessors[item.id]}"
        return f"max_parallel reached: at most {task.max_parallel} items of this task at once"

    def _wait(self, item: Item, due: datetime) -> str:
        if item.error is None and not item.attempt:
            return f"scheduled for {_time(due)}"
        said = f"retry due at {_time(due)}"
        if item.error and item.error.get("type") in {"CircuitOpen", "RetryLater"}:
            return f"{item.error.get('message')}; {said}"
        return said

    def _limit(self, item: Item) -> str | None:
        if item.stage != Stage.READY:
            return None
        return self._limit_of_operation(item.type) or self._limit_of_path(item)

    def _limit_of_operation(self, name: str) -> str | None:
        operation = REGISTRY.find(name)
        if operation is None or not operation.is_limited:
            return None
        count, first = self._in_flight.get(name, (0, 0))
        if operation.max_concurrency is not None and count >= operation.max_concurrency:
            return (
                f"limit of {name} reached: at most {operation.max_concurrency} at once, item {first} is one"
            )
        if operation.in_flight_limit is not None and count >= operation.in_flight_limit:
            return f"rate limit of {name}: at most {operation.rate_limit:g} a second"
        return None

    def _limit_of_path(self, item: Item) -> str | None:
        if item.concurrency_key is None:
            return None
        if holder := self._holders.get(item.concurrency_key):
            return f"limit of {item.type} on this path reached: item {holder} has it"
        if ahead := self._same_key.get(item.id):
            return f"limit of {item.type} on this path reached: item {ahead} comes first"
        return None

    @cached_property
    def _pauses(self) -> dict[str, Pause]:
        return pauses_by_scope(self._session)

    @cached_property
    def _workers(self) -> dict[int, str]:
        ids = {item.worker_id for item in self._items if item.worker_id}
        found = self._session.scalars(sa.select(Worker).where(Worker.id.in_(ids)))
        return {worker.id: f"{worker.host}:{worker.pid}" for worker in found}

    @cached_property
    def _dependencies(self) -> dict[int, str]:
        rows = db.raw(self._session).execute(
            """
            SELECT task_id, min(depends_on_id), count(*) FROM queue_task_dependencies
            WHERE task_id = ANY(%s) AND NOT met GROUP BY task_id
            """,
            (list(self._tasks),),
        )
        return {
            task_id: _waits_behind(first, count, self._tasks[task_id].pending_dependencies)
            for task_id, first, count in rows.fetchall()
        }

    @cached_property
    def _predecessors(self) -> dict[int, int]:
        """The item before each held one that is not over."""
        return self._before(
            [item for item in self._items if item.stage == Stage.HELD and not item.barrier],
            'q."index" < h.place AND q.stage < 4',
        )

    @cached_property
    def _same_key(self) -> dict[int, int]:
        """The ready item before each ready one that is not to run beside it."""
        return self._before(
            [item for item in self._items if item.stage == Stage.READY and item.concurrency_key],
            'q."index" < h.place AND q.stage = 2 AND q.concurrency_key = h.key',
        )

    def _before(self, items: Sequence[Item], condition: str) -> dict[int, int]:
        rows = db.raw(self._session).execute(
            f"""
            SELECT h.id, (SELECT q.id FROM queue_items q WHERE q.task_id = h.task_id AND {condition}
                ORDER BY q."index" DESC LIMIT 1)
            FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[]) AS h(id, task_id, place, key)
            """.encode(),  # noqa: S608
            (
                [item.id for item in items], [item.task_id for item in items],
                [item.index for item in items], [item.concurrency_key for item in items],
            ),
        )  # fmt: skip
        return {item_id: before for item_id, before in rows.fetchall() if before is not None}

    @cached_property
    def _in_flight(self) -> dict[str, tuple[int, int]]:
        """Of each operation how many items are handed out, claimed or running, and one of them."""
        rows = db.raw(self._session).execute(
            "SELECT type, count(*), min(id) FROM queue_items WHERE stage = 3 GROUP BY type"
        )
        return {name: (count, first) for name, count, first in rows.fetchall()}

    @cached_property
    def _holders(self) -> dict[str, int]:
        """Who has each concurrency key."""
        keys = list({item.concurrency_key for item in self._items if item.concurrency_key})
        rows = db.raw(self._session).execute(
            "SELECT key, item_id FROM queue_concurrency_locks WHERE key = ANY(%s)", (keys,)
        )
        return dict(rows.fetchall())


def _done(task: Task) -> int:
    return task.completed_items + task.failed_items + task.skipped_items + task.canceled_items


def _waits_behind(first: int, count: int, pending: int) -> str:
    """Said of a task that waits until `pending` of `count` others, of which this is the first, have ended."""
    those = f"task {first}" + (f" and {count - 1} more" if count > 1 else "")
    if pending < count:
        return f"waits its turn: {count - pending + 1} run at a time, {those} came before"
    return f"waits for {those}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
