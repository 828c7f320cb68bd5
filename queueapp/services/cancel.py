"""Cancels tasks and single items: a fact in the ledger first, then a hint to the workers."""

from __future__ import annotations

from queueapp import db, errors
from queueapp.dispatch.signals import signal_change
from queueapp.ledger import dependencies, tasks
from queueapp.ledger.items import Conn
from queueapp.ledger.outcomes import Move, Outcome, apply_outcomes
from queueapp.runtime import Runtime
from queueapp.services.enqueue import announce, fill_lanes

#: Rows of items not started that the cancel itself settles; workers settle the rest behind it.
SETTLE_WITH_IT = 200
#: Rows that one commit settles.
SETTLE_AT_ONCE = 2000


def cancel_task(runtime: Runtime, task_id: int, by: str = "") -> None:
    """Cancel a task; from this commit on none of its items starts. Canceling a canceled task changes nothing.

    Raises NotFound, and WrongStatus for a task that has completed or failed.
    """
    with runtime.transaction() as session:
        conn = db.raw(session)
        if not tasks.cancel_task(conn, task_id, by):
            status = tasks.lock_task(conn, task_id)["status"]
            if status != "canceled":
                raise errors.WrongStatus(status, f"task {task_id} is {status} and cannot be canceled")
            return
        lanes = dependencies.settle(conn, {task_id: "canceled"})
    signal_change(runtime.redis, counted="canceled_tasks")
    fill_lanes(runtime, lanes)
    announce(runtime, task_id)
    settle(runtime, task_id, at_most=SETTLE_WITH_IT)


def settle(runtime: Runtime, task_id: int, at_most: int | None = None) -> None:
    """Write `canceled` into the rows of a canceled task that were never claimed, in batches."""
    after, done = -1, 0
    while at_most is None or done < at_most:
        with runtime.transaction() as session:
            limit = min(SETTLE_AT_ONCE, at_most - done) if at_most else SETTLE_AT_ONCE
            count, last = tasks.settle_canceled(db.raw(session), task_id, after, limit)
            if not count or last is None:
                tasks.mark_settled(db.raw(session), task_id)
                return
        after, done = last, done + count


def cancel_item(runtime: Runtime, task_id: int, item_id: int, by: str = "") -> None:
    """Cancel one item; one that runs is told to stop. Raises NotFound, WrongStatus."""
    with runtime.transaction() as session:
        conn = db.raw(session)
        task = tasks.lock_task(conn, task_id)
        if task["status"] not in {"queued", "running"}:
            raise errors.WrongStatus(task["status"], f"task {task_id} is {task['status']}")
        outcome = tasks.cancel_item(conn, task_id, item_id)
        if outcome not in {"canceled", "requested"}:
            raise errors.WrongStatus(outcome, f"item {item_id} is {outcome} and cannot be canceled")
        lanes = _record(conn, task_id, item_id) if outcome == "canceled" else set()
    signal_change(runtime.redis, counted="canceled_items")
    fill_lanes(runtime, lanes)
    announce(runtime, task_id)


def _record(conn: Conn, task_id: int, item_id: int) -> set[int]:
    row = conn.execute("SELECT claim_number FROM queue_items WHERE id = %s", (item_id,)).fetchone()
    assert row is not None
    return apply_outcomes(conn, [Outcome(item_id, task_id, row[0], 0, Move.CANCELED)]).ready_lanes
