"""Gives tasks and items new attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db, errors
from queueapp.execution.rows import NewItem, row_of
from queueapp.ledger import ordering, tasks
from queueapp.ledger.items import Conn
from queueapp.models.item import Item
from queueapp.models.task import Task
from queueapp.priorities import lane_of
from queueapp.runtime import Runtime
from queueapp.services.cancel import settle
from queueapp.services.enqueue import announce, fill_lanes

SCOPES: dict[str, tuple[str, ...]] = {
    "failed": ("failed", "canceled"),
    "all": ("failed", "canceled", "completed", "skipped"),
}


def retry_task(
    runtime: Runtime, task_id: int, scope: Literal["failed", "all"] = "failed", by: str = ""
) -> int:
    """Give the failed and canceled items of a terminal task new attempts (`all`: every item); return how many.

    It waits its turn behind the active tasks of its ordering key. Raises NotFound, WrongStatus while it is active or
    still stopping, Conflict when there is nothing to retry, another task with its dedup_key is active or its operation
    refuses it, and QueueFull where its operation takes no more.
    """
    return _retry(runtime, task_id, SCOPES[scope], None, by)


def retry_item(
    runtime: Runtime, task_id: int, item_id: int, by: str = "", payload: dict[str, Any] | None = None
) -> None:
    """Give one failed, canceled or skipped item new attempts, with another payload if one is given."""
    _retry(runtime, task_id, ("failed", "canceled", "skipped"), item_id, by, payload)


def retry_with_payload(
    runtime: Runtime,
    task_id: int,
    payload: dict[str, Any],
    scope: Literal["failed", "all"] = "failed",
    by: str = "",
) -> int:
    """As `retry_task` for a task of which just one item is concerned, with another payload for it.

    Raises Conflict when the scope holds several items, for they would all get the same payload.
    """
    settle(runtime, task_id)
    with runtime.transaction() as session:
        tasks.lock_task(db.raw(session), task_id)
        concerned = sa.select(Item.id).where(Item.task_id == task_id, Item.status.in_(SCOPES[scope])).limit(2)
        found = session.scalars(concerned).all()
    if len(found) > 1:
        raise errors.Conflict(
            f"a payload is for one item, and task {task_id} has several to retry; retry the item itself"
        )
    if not found:
        return retry_task(runtime, task_id, scope, by)  # which says why there is nothing to retry
    return _retry(runtime, task_id, SCOPES[scope], found[0], by, payload, whole_task=True)


def _retry(
    runtime: Runtime,
    task_id: int,
    statuses: tuple[str, ...],
    item_id: int | None,
    by: str,
    payload: dict[str, Any] | None = None,
    *,
    whole_task: bool = False,
) -> int:
    settle(runtime, task_id)
    with runtime.transaction() as session:
        conn = db.raw(session)
        turn = _turn(runtime, session, task_id)
        task = tasks.lock_task(conn, task_id)
        _refuse_unready(task, None if whole_task else item_id)
        if task["status"] == "canceled":
            tasks.seize_claimed(conn, task_id)
        if item_id is not None and payload is not None:
            _replace_payload(runtime, conn, task_id, item_id, payload)
        count = tasks.reset_items(conn, task, statuses, item_id, ahead=turn.ahead, at_once=turn.at_once)
        if not count:
            raise errors.Conflict(f"task {task_id} has nothing to retry")
    fill_lanes(runtime, [lane_of(task["priority"])])
    announce(runtime, task_id)
    return count


@dataclass(frozen=True, slots=True)
class _Turn:
    """The tasks of its ordering key behind which a task comes, of which so many run at a time."""

    ahead: Sequence[int] = ()
    at_once: int = 1


def _turn(runtime: Runtime, session: Session, task_id: int) -> _Turn:
    """The place of a task that is to be active again, found before its row is locked: those ahead come first.

    Raises NotFound, and what its operation raises to refuse it.
    """
    found = session.execute(sa.select(Task.type, Task.ordering_key).where(Task.id == task_id)).one_or_none()
    if found is None:
        raise errors.NotFound(f"there is no task {task_id}")
    operation = runtime.registry.find(found.type)
    at_once = operation.rejoin(session, runtime.settings, task_id) if operation and operation.rejoin else 1
    if found.ordering_key is None:
        return _Turn()
    return _Turn(ordering.ahead(db.raw(session), found.ordering_key, at_once, besides=task_id), at_once)


def _refuse_unready(task: dict[str, Any], item_id: int | None) -> None:
    status = task["status"]
    if status == "canceled" and task["stopped_at"] is None:
        raise errors.WrongStatus(
            "canceling", f"task {task['id']} is still canceling; retry it when it has stopped"
        )
    if status in {"queued", "running"} and item_id is None:
        raise errors.WrongStatus(
            status, f"task {task['id']} is {status}; only a finished task can be retried"
        )


def _replace_payload(
    runtime: Runtime, conn: Conn, task_id: int, item_id: int, payload: dict[str, Any]
) -> None:
    row = conn.execute(
        "SELECT type FROM queue_items WHERE id = %s AND task_id = %s", (item_id, task_id)
    ).fetchone()
    if row is None:
        raise errors.NotFound(f"task {task_id} has no item {item_id}")
    stored = row_of(runtime.registry, NewItem(type=row[0], payload=payload))
    conn.execute(
        "UPDATE queue_items SET payload = %s::jsonb, concurrency_key = %s WHERE id = %s",
        (stored.payload, stored.concurrency_key, item_id),
    )
