"""Gives a task another priority, and with it another lane to what has not been handed out."""

from __future__ import annotations

from queueapp import db, errors, states
from queueapp.ledger import tasks
from queueapp.priorities import LANES, lane_of
from queueapp.runtime import Runtime
from queueapp.services.enqueue import announce, fill_lanes

#: Items moved to another lane in one commit.
BATCH = 5_000


def set_priority(runtime: Runtime, task_id: int, priority: int) -> None:
    """Set a priority of 1 (first) to 10. Raises NotFound, and WrongStatus for a finished task."""
    with runtime.transaction() as session:
        conn = db.raw(session)
        task = tasks.lock_task(conn, task_id)
        if task["status"] not in states.TASK_ACTIVE:
            raise errors.WrongStatus(
                task["status"], f"task {task_id} is {task['status']}; its priority is history"
            )
        tasks.set_priority(conn, task_id, priority)
    after: int | None = -1
    while after is not None:
        with runtime.transaction() as session:
            after = tasks.move_lane(db.raw(session), task_id, lane_of(priority), after, BATCH)
    fill_lanes(runtime, range(len(LANES)))
    announce(runtime, task_id)
