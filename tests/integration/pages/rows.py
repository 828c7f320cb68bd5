"""Tasks in every state, written straight into the ledger's tables, as reading needs no worker."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.models.item import Item
from queueapp.models.item_log import ItemLog
from queueapp.models.task import Task
from queueapp.models.worker import Worker

NOW = sa.func.now()
COUNTS = {
    "queued": None,
    "running": "running_items",
    "completed": "completed_items",
    "failed": "failed_items",
    "canceled": "canceled_items",
    "skipped": "skipped_items",
}


def add_task(runtime: Runtime, status: str, items: list[dict[str, Any]] | None = None, **columns: Any) -> int:
    """Insert a task of that status; each of `items` gives an item's columns. Returns its id."""
    items = items if items is not None else [{"status": status}]
    over = status in ("completed", "failed", "canceled")
    counts = {name: 0 for name in COUNTS.values() if name}
    for item in items:
        if COUNTS[item["status"]]:
            counts[COUNTS[item["status"]]] += 1
    with runtime.transaction() as session:
        worker = _worker(session)
        task = Task(
            type=columns.pop("type", "noop"),
            title=columns.pop("title", "A task"),
            status=status,
            priority=5,
            created_by="anna",
            started_at=NOW if status != "queued" else None,
            finished_at=NOW if over else None,
            canceled_at=NOW if status == "canceled" else None,
            stopped_at=columns.pop("stopped_at", NOW) if status == "canceled" else None,
            total_items=len(items),
            **counts,
            **columns,
        )
        session.add(task)
        session.flush()
        for index, item in enumerate(items):
            _add_item(session, task.id, index, worker, dict(item))
        return task.id


def item_ids(runtime: Runtime, task_id: int) -> list[int]:
    """The ids of a task's items, in order."""
    with runtime.transaction() as session:
        return list(session.scalars(sa.select(Item.id).where(Item.task_id == task_id).order_by(Item.index)))


def _add_item(session: Any, task_id: int, index: int, worker: int, given: dict[str, Any]) -> None:
    log = given.pop("log", [])
    status = given["status"]
    over, running = status not in ("queued", "running"), status == "running"
    stage = given.pop("stage", 4 if over else 3 if running else 2)
    item = Item(
        task_id=task_id,
        index=index,
        type=given.pop("type", "noop"),
        stage=stage,
        lane=2,
        payload=given.pop("payload", {}),
        max_attempts=6,
        attempt=given.pop("attempt", 0 if status == "queued" else 1),
        started_at=NOW if over or running else None,
        finished_at=NOW if over else None,
        dispatched_at=NOW if stage == 3 else None,
        worker_id=worker if running else None,
        **given,
    )
    session.add(item)
    session.flush()
    session.add_all(
        ItemLog(item_id=item.id, seq=n, level=level, message=m) for n, (level, m) in enumerate(log, 1)
    )


def _worker(session: Any) -> int:
    found = session.scalar(sa.select(Worker.id))
    if found:
        return int(found)
    worker = Worker(
        broker_id="b1", host="nas", pid=4100, lanes=["critical", "high", "normal", "low"], threads=8
    )
    session.add(worker)
    session.flush()
    return int(worker.id)
