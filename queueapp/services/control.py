"""Steers the whole queue: pause and resume an operation or everything, make waiting retries due."""

from __future__ import annotations

from queueapp import db, errors
from queueapp.dispatch.signals import signal_change
from queueapp.ledger import dispatchable, pauses
from queueapp.ledger.pauses import EVERYTHING, Paused
from queueapp.priorities import LANES
from queueapp.runtime import Runtime
from queueapp.services.enqueue import fill_lanes


def pause(runtime: Runtime, operation: str | None, by: str) -> None:
    """Finish what runs and start nothing new, of one operation or of all. Raises UnknownOperation."""
    scope = _scope(runtime, operation)
    with runtime.transaction() as session:
        pauses.pause(db.raw(session), scope, by)
    signal_change(runtime.redis)


def resume(runtime: Runtime, operation: str | None) -> None:
    """Go on. Raises UnknownOperation, and Conflict when there is no such pause."""
    scope = _scope(runtime, operation)
    with runtime.transaction() as session:
        if not pauses.resume(db.raw(session), scope):
            raise errors.Conflict(f"{'everything' if operation is None else operation} is not paused")
    fill_lanes(runtime, range(len(LANES)))


def list_pauses(runtime: Runtime) -> list[Paused]:
    """Return what is paused now."""
    with runtime.transaction() as session:
        return pauses.list_pauses(db.raw(session))


def process_now(runtime: Runtime, operation: str | None = None, task_id: int | None = None) -> int:
    """End the waits of retries, of one operation or task if given; return how many items are due by it."""
    if operation is not None:
        runtime.registry.get(operation)
    with runtime.transaction() as session:
        conn = db.raw(session)
        count = pauses.end_waits(conn, operation, task_id)
        dispatchable.promote_due(conn, limit=max(count, 1))
    fill_lanes(runtime, range(len(LANES)))
    return count


def _scope(runtime: Runtime, operation: str | None) -> str:
    return EVERYTHING if operation is None else runtime.registry.get(operation).name
