"""What failed, grouped by what went wrong: the items of a task, or the tasks of a list."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.ledger import reads
from queueapp.ledger.filters import TaskFilter
from queueapp.ledger.views import TaskView
from queueapp.models.item import Item
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.services import retry
from queueapp.states import ItemStatus

#: Failed tasks of a list looked at; with more the commonest errors are still found.
TASKS_LOOKED_AT = 2000
#: Failed items of a task looked at.
ITEMS_LOOKED_AT = 20_000
SHOWN = 8
#: Seconds in which items of one error are given new attempts one by one.
RETRY_SECONDS = 5.0

_FAILED = Item.status == ItemStatus.FAILED
_MESSAGE = sa.func.coalesce(Item.error["message"].astext, "no message")


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """An error's text and how many items or tasks ended with it."""

    message: str
    count: int
    #: There may be more than were looked at.
    at_least: bool = False


def of_task(session: Session, task: TaskView) -> list[ErrorGroup]:
    """The commonest errors of a task's items first; nothing when fewer than two items failed."""
    if task.failed_items < 2:
        return []
    failed = (
        sa.select(_MESSAGE.label("message")).where(Item.task_id == task.id, _FAILED).limit(ITEMS_LOOKED_AT)
    )
    return _ranked(session, failed.subquery(), ITEMS_LOOKED_AT)


def of_tasks(session: Session, chosen: TaskFilter) -> list[ErrorGroup]:
    """The commonest errors of the newest failed tasks that a filter admits; only those met more than once."""
    newest = sa.select(Task.error.label("message")).where(*chosen.conditions(), Task.error.is_not(None))
    newest = newest.order_by(Task.created_at.desc(), Task.id.desc()).limit(TASKS_LOOKED_AT)
    ranked = _ranked(session, newest.subquery(), TASKS_LOOKED_AT)
    return [group for group in ranked if group.count > 1]


def retry_items(runtime: Runtime, task_id: int, message: str, by: str) -> tuple[int, int]:
    """Give the failed items with this error new attempts; return how many, and how many time did not suffice for.

    Raises Conflict when there is none.
    """
    with runtime.transaction() as session:
        reads.get_task(session, task_id)
        wanted = sa.select(Item.id).where(Item.task_id == task_id, _FAILED, message == _MESSAGE)
        ids = list(session.scalars(wanted.order_by(Item.index).limit(ITEMS_LOOKED_AT)))
    if not ids:
        raise errors.Conflict("no failed item of this task has that error any more")
    deadline, done = time.monotonic() + RETRY_SECONDS, 0
    for item_id in ids:
        if time.monotonic() > deadline:
            break
        retry.retry_item(runtime, task_id, item_id, by)
        done += 1
    return done, len(ids) - done


def _ranked(session: Session, found: sa.Subquery, looked_at: int) -> list[ErrorGroup]:
    count = sa.func.count().label("count")
    # The window is over the groups, before the limit: how many were looked at in all.
    in_all = sa.func.sum(sa.func.count()).over()
    query = sa.select(found.c.message, count, in_all).group_by(found.c.message)
    rows = session.execute(query.order_by(count.desc()).limit(SHOWN))
    return [ErrorGroup(message, number, total >= looked_at) for message, number, total in rows]
