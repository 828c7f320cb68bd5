"""Jobs: tasks and their items in one flat shape. A task is a job, each of its items a child of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.ledger import reads
from queueapp.ledger.views import ItemDetail, TaskView
from queueapp.models.item import Item


@dataclass(frozen=True, slots=True)
class OnlyItem:
    """What the one item of a task says: it stands for the task."""

    progress: float
    message: str | None
    step: int | None
    total_steps: int | None
    result: dict[str, Any] | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A task with what its only item says, if it has just one."""

    task: TaskView
    only: OnlyItem | None = None


def of_tasks(session: Session, tasks: Sequence[TaskView]) -> list[Job]:
    """The jobs that these tasks are."""
    only = _only_items(session, [task.id for task in tasks if task.total_items == 1])
    return [Job(task, only.get(task.id)) for task in tasks]


def get_job(session: Session, task_id: int) -> Job:
    """One task as a job. Raises NotFound."""
    return of_tasks(session, [reads.get_task(session, task_id)])[0]


def get_jobs(session: Session, task_ids: Sequence[int]) -> list[Job]:
    """Those of the tasks that exist."""
    return of_tasks(session, reads.get_tasks(session, task_ids))


def get_child(session: Session, task_id: int, index: int) -> tuple[TaskView, ItemDetail]:
    """An item, by its place in its task, and that task. Raises NotFound."""
    task = reads.get_task(session, task_id)
    return task, reads.get_item(session, task_id, item_id(session, task_id, index))


def item_id(session: Session, task_id: int, index: int) -> int:
    """The id of the item at a place of a task. Raises NotFound."""
    found = None
    if index < 2**31:
        query = sa.select(Item.id).where(Item.task_id == task_id, Item.index == index)
        found = session.scalar(query)
    if found is None:
        raise errors.NotFound(f"task {task_id} has no item with index {index}")
    return int(found)


def _only_items(session: Session, task_ids: Sequence[int]) -> dict[int, OnlyItem]:
    if not task_ids:
        return {}
    columns = (
        Item.task_id, Item.progress, Item.message, Item.step, Item.total_steps, Item.result, Item.error,
    )  # fmt: skip
    rows = session.execute(sa.select(*columns).where(Item.task_id.in_(task_ids), Item.index == 0))
    return {
        task_id: OnlyItem(progress, message, step, total, result, (error or {}).get("message"))
        for task_id, progress, message, step, total, result, error in rows
    }
