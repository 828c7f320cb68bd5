"""Pauses and resumes: what runs finishes, nothing new starts."""

from __future__ import annotations

from queueapp import db, errors
from queueapp.dispatch.signals import signal_change
from queueapp.ledger import tasks
from queueapp.runtime import Runtime
from queueapp.services.enqueue import announce, fill_lanes


def pause_task(runtime: Runtime, task_id: int, by: str = "") -> None:
    """Start no further item of a task until it is resumed. Raises NotFound, WrongStatus."""
    _set(runtime, task_id, by or "someone")
    signal_change(runtime.redis)


def resume_task(runtime: Runtime, task_id: int, by: str = "") -> None:
    """Go on with a paused task. Raises NotFound, WrongStatus."""
    _set(runtime, task_id, None)
    fill_lanes(runtime, range(4))


def _set(runtime: Runtime, task_id: int, by: str | None) -> None:
    with runtime.transaction() as session:
        conn = db.raw(session)
        task = tasks.lock_task(conn, task_id)
        if task["status"] not in {"queued", "running"}:
            verb = "resumed" if by is None else "paused"
            raise errors.WrongStatus(
                task["status"], f"task {task_id} is {task['status']} and cannot be {verb}"
            )
        tasks.set_paused(conn, task_id, by)
    announce(runtime, task_id)
