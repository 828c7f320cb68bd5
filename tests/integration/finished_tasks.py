"""Rows of finished tasks as old as a test wants them: time passes by writing them, not by waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.models.item import Item
from queueapp.models.item_log import ItemLog
from queueapp.models.task import Task


def finished_task(
    session: Session, days_ago: float, *, items: int = 1, status: str = "completed", **columns: Any
) -> int:
    """Insert a finished task with so many items, each with a log line; returns its id."""
    when = sa.func.now() - timedelta(days=days_ago)
    count = {"completed": "completed_items", "failed": "failed_items", "canceled": "canceled_items"}[status]
    task = Task(
        type="noop",
        title="old",
        priority=5,
        status=status,
        created_at=when,
        started_at=when,
        finished_at=when,
        canceled_at=when if status == "canceled" else None,
        total_items=items,
        **{count: items, **columns},
    )
    session.add(task)
    session.flush()
    for index in range(items):
        _add_item(session, task.id, index, status, when)
    return task.id


def _add_item(session: Session, task_id: int, index: int, status: str, when: Any) -> None:
    item = Item(
        task_id=task_id,
        index=index,
        type="noop",
        status=status,
        stage=4,
        lane=2,
        payload={},
        max_attempts=1,
        finished_at=when,
    )
    session.add(item)
    session.flush()
    session.add(ItemLog(item_id=item.id, seq=1, message="done"))
    session.flush()
