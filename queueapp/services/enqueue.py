"""Creates tasks and adds items to them: everything is checked at the door, stored in one commit, then dispatched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import psycopg
import sqlalchemy as sa
import structlog
from pydantic import BaseModel
from sqlalchemy.orm import Session

from queueapp import db, errors, states
from queueapp.events.kinds import Event, Kind
from queueapp.events.publish import publish, view_event
from queueapp.execution.rows import NewItem, row_of
from queueapp.execution.rows import clean as rows_clean
from queueapp.ledger import barriers, dependencies, items, reads, tasks
from queueapp.ledger.dispatchable import Dispatched
from queueapp.ledger.items import Conn
from queueapp.operations import Registry
from queueapp.priorities import LANES, Priority, lane_of
from queueapp.runtime import Runtime

log = structlog.get_logger(__name__)

MAX_ITEMS = 100_000
#: Items of a new task that may be stored as handed out.
MAX_AT_ONCE = 16
#: Characters of a title that are kept.
MAX_TITLE = 500
#: Complaints about payloads after which no further item is looked at.
MAX_PROBLEMS = 100
#: A task of more items than this is bulk work and runs at normal priority unless told otherwise.
BULK_ITEMS = 100


@dataclass(slots=True)
class NewTask:
    """A task as it is asked for; each of `items` is a NewItem or just a payload of the task's own type."""

    type: str
    items: Sequence[NewItem | dict[str, Any] | BaseModel]
    title: str | None = None
    priority: int | None = None
    created_by: str = ""
    origin: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    max_parallel: int | None = None
    dry_run: bool = False
    dedup_key: str | None = None
    on_conflict: Literal["refuse", "return"] = "refuse"
    scheduled_for: datetime | None = None
    parent_task_id: int | None = None
    open: bool = False
    #: tasks that must complete first
    depends_on: Sequence[int] = ()
    #: tasks that share it run one after another, or so many at once, oldest first
    ordering_key: str | None = None
    at_once: int = 1
    #: the first required item that fails cancels those not started
    stop_on_failure: bool = False
    #: a webhook, a chain or a schedule, to which tasks.max_active does not apply
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """The task asked for; `created` is False when one with the same dedup_key was there already."""

    task_id: int
    created: bool


def create_task(runtime: Runtime, new: NewTask) -> Created:
    """Store a task with its items and hand its first items out.

    Raises UnknownOperation, BadPayload, TooLarge, AlreadyQueued, TaskLimitReached, DatabaseUnavailable. Nothing is
    stored unless all is right; with Redis away it is stored and handed out later.
    """
    stored, rows = _checked(runtime.registry, new)
    lane = lane_of(stored.priority)
    simple = _is_simple(runtime.registry, stored, rows)
    at_once = simple and runtime.window.admit(lane, [row.type for row in rows])
    try:
        with _commit(runtime, in_one_statement=simple) as conn:
            limit = runtime.settings.tasks.max_active
            if limit and not new.automatic and tasks.count_active(conn) >= limit:
                raise errors.TaskLimitReached(limit)
            inserted = tasks.insert_task(conn, stored, rows, dispatched=at_once)
    except errors.AlreadyQueued as taken:
        if new.on_conflict == "return":
            return Created(taken.task_id, created=False)
        raise
    ids = zip(inserted.item_ids, rows, strict=True) if at_once else ()
    sent = [Dispatched(one, row.type, inserted.task_id, n) for n, (one, row) in enumerate(ids)]
    low = runtime.window.send(lane, sent, [_created_event(inserted.task_id, stored)])
    if low and not at_once:
        fill_lanes(runtime, [lane])
    return Created(inserted.task_id, created=True)


def _is_simple(registry: Registry, task: tasks.NewTaskRow, rows: Sequence[items.NewRow]) -> bool:
    """Return whether nothing but room in the window decides when these items may be handed out."""
    waits = bool(task.depends_on) or task.ordering_key is not None or task.scheduled_for is not None
    held_back = any(
        row.barrier or row.concurrency_key is not None or registry.get(row.type).is_limited
        for row in rows[:MAX_AT_ONCE]
    )
    return (
        bool(rows) and len(rows) <= MAX_AT_ONCE and not waits and task.max_parallel is None and not held_back
    )


@contextmanager
def _commit(runtime: Runtime, *, in_one_statement: bool) -> Iterator[Conn]:
    """Give a connection for one transaction; one of a single statement needs no BEGIN and COMMIT around it."""
    with runtime.direct.connection() as conn:
        if in_one_statement:
            yield conn
        else:
            with conn.transaction():
                yield conn


def insert_task(session: Session, registry: Registry, new: NewTask) -> int:
    """Store a task within the caller's transaction and return its id; `dispatch_task` follows after the commit."""
    return tasks.insert_task(db.raw(session), *_checked(registry, new)).task_id


def dispatch_task(runtime: Runtime, task_id: int) -> None:
    """Hand out what a committed task has ready, and tell of it; failures are repaired by the workers."""
    fill_lanes(runtime, range(len(LANES)))
    announce_created(runtime, task_id)


def announce_created(runtime: Runtime, task_id: int) -> None:
    """Tell of a task that was stored."""
    publish(runtime.redis, [_created_event(task_id, None)])


def _created_event(task_id: int, stored: tasks.NewTaskRow | None) -> Event:
    known = {"type": stored.type, "title": stored.title} if stored else {}
    return Event(kind=Kind.TASK_CREATED, task_id=task_id, status="queued", **known)


def fill_lanes(runtime: Runtime, lanes: Iterable[int]) -> None:
    """Fill the windows of lanes; a failure is only logged, for every worker does the same each second."""
    try:
        with runtime.dispatch_engine.connect() as connection:
            runtime.window.fill(db.driver(connection), lanes)
    except (psycopg.Error, sa.exc.SQLAlchemyError) as error:
        log.warning("items are stored but could not be handed out at once", reason=str(error))


def add_items(
    runtime: Runtime, task_id: int, new_items: Sequence[NewItem | dict[str, Any] | BaseModel]
) -> int:
    """Add items to a task that is not terminal; return how many. Raises NotFound, WrongStatus, BadPayload, TooLarge."""
    with runtime.transaction() as session:
        conn = db.raw(session)
        task = tasks.lock_task(conn, task_id)
        if task["status"] not in states.TASK_ACTIVE:
            raise errors.WrongStatus(
                task["status"], f"task {task_id} is {task['status']} and takes no more items"
            )
        rows = checked_rows(runtime.registry, task["type"], new_items)
        frame = items.lock_frame(conn, task_id)
        assert frame is not None
        items.insert_items(conn, frame[2], rows)
    fill_lanes(runtime, [frame[2].lane])
    return len(rows)


def close_task(runtime: Runtime, task_id: int) -> None:
    """Let an open task end when its present items have. Raises NotFound, WrongStatus."""
    with runtime.transaction() as session:
        conn = db.raw(session)
        task = tasks.lock_task(conn, task_id)
        if task["status"] not in states.TASK_ACTIVE:
            raise errors.WrongStatus(task["status"], f"task {task_id} is {task['status']}")
        conn.execute("UPDATE queue_tasks SET open = false, updated_at = now() WHERE id = %s", (task_id,))
        barriers.raise_barriers(conn, task_id)
        done = tasks.finish_if_done(conn, task_id)
        if done:
            dependencies.settle(conn, {task_id: done})
    fill_lanes(runtime, range(4))
    if done:
        announce(runtime, task_id)


def announce(runtime: Runtime, task_id: int) -> None:
    """Tell of a task as it stands now."""
    with runtime.transaction() as session:
        view = reads.get_task(session, task_id)
    publish(runtime.redis, [view_event(view)])


def _checked(registry: Registry, new: NewTask) -> tuple[tasks.NewTaskRow, list[items.NewRow]]:
    operation = registry.get(new.type)
    if not new.items and not new.open:
        raise errors.BadPayload(
            "a task needs items", [{"loc": ["items"], "msg": "at least one item is needed"}]
        )
    if new.max_parallel is not None and new.max_parallel < 1:
        raise errors.BadPayload("bad max_parallel", [{"loc": ["max_parallel"], "msg": "must be at least 1"}])
    rows = checked_rows(registry, new.type, new.items)
    title = rows_clean(new.title) or (rows[0].title if len(rows) == 1 else None)
    usual = Priority.NORMAL if len(rows) > BULK_ITEMS else Priority.HIGH
    priority = new.priority or (Priority[operation.lane.upper()] if operation.lane else usual)
    stored = tasks.NewTaskRow(
        type=operation.name,
        title=(title or f"{operation.name.replace('_', ' ').capitalize()} ({len(rows)} items)")[:MAX_TITLE],
        priority=int(priority),
        created_by=new.created_by,
        origin=new.origin,
        max_parallel=new.max_parallel,
        dry_run=new.dry_run,
        open=new.open,
        dedup_key=rows_clean(new.dedup_key),
        scheduled_for=new.scheduled_for,
        parent_task_id=new.parent_task_id,
        depends_on=tuple(new.depends_on),
        ordering_key=rows_clean(new.ordering_key),
        at_once=new.at_once,
        stop_on_failure=new.stop_on_failure,
        meta=new.meta,
    )
    return stored, rows


def checked_rows(
    registry: Registry, task_type: str, asked: Sequence[NewItem | dict[str, Any] | BaseModel]
) -> list[items.NewRow]:
    """Return the rows of items asked for; raises BadPayload with the place of every bad field."""
    if len(asked) > MAX_ITEMS:
        raise errors.TooLarge(f"a request takes at most {MAX_ITEMS:,} items; add more to an open task")
    rows, problems = [], []
    for index, one in enumerate(asked):
        item = one if isinstance(one, NewItem) else NewItem(type=task_type, payload=one)
        try:
            rows.append(row_of(registry, item))
        except errors.BadPayload as bad:
            problems += [{**problem, "loc": ["items", index, *problem["loc"]]} for problem in bad.errors]
        if len(problems) >= MAX_PROBLEMS:
            break
    if problems:
        raise errors.BadPayload("the payload does not fit its operation", problems)
    return rows
