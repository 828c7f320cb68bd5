"""Lets a task go before all others that wait."""

from __future__ import annotations

from queueapp import db, errors, states
from queueapp.ledger import dispatchable, tasks, turns
from queueapp.priorities import Priority
from queueapp.runtime import Runtime
from queueapp.services import reprioritize


def run_next(runtime: Runtime, task_id: int) -> None:
    """Move a task to the critical lane and end the waits of its items.

    Raises NotFound, and WrongStatus for a task that is finished or paused.
    """
    with runtime.transaction() as session:
        conn = db.raw(session)
        task = tasks.lock_task(conn, task_id)
        if task["status"] not in states.TASK_ACTIVE:
            raise errors.WrongStatus(task["status"], f"task {task_id} is {task['status']}; retry it instead")
        if task["paused_at"] is not None:
            raise errors.WrongStatus("paused", f"task {task_id} is paused; resume it first")
        turns.renew_turn(conn, task_id)
        due = turns.start_now(conn, task_id)
        if due:
            dispatchable.promote_due(conn, limit=due)
    reprioritize.set_priority(runtime, task_id, Priority.CRITICAL)
