"""Walks over all tasks of a filter in batches, each a short read of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger import derive
from queueapp.ledger.filters import TaskFilter
from queueapp.ledger.views import TaskView
from queueapp.models.task import Task

#: Tasks of one read.
BATCH = 200

#: Where a task stands among all, newest first.
Place = tuple[datetime, int]


class Transactions(Protocol):
    """What gives a session, such as a runtime."""

    def transaction(self) -> AbstractContextManager[Session]:
        """Give a session whose work is committed at the end."""


def tasks_in_batches(
    database: Transactions, chosen: TaskFilter, batch: int = BATCH
) -> Iterator[list[TaskView]]:
    """Give the tasks a filter admits, newest first; none is given twice, and none made since the start is given.

    Each batch shows its tasks as they are when it is read.
    """
    here = sa.tuple_(Task.created_at, Task.id)
    newest_first = sa.select(Task, sa.func.now()).where(*chosen.conditions())
    newest_first = newest_first.order_by(Task.created_at.desc(), Task.id.desc()).limit(batch)
    query = newest_first
    while True:
        with database.transaction() as session:
            rows = session.execute(query).all()
            views = derive.task_views(session, rows)
        if views:
            yield views
        if len(views) < batch:
            return
        last = views[-1]
        there = sa.tuple_(
            sa.literal(last.created_at, Task.created_at.type), sa.literal(last.id, Task.id.type)
        )
        query = newest_first.where(here < there)


def task_places(
    session: Session, chosen: TaskFilter, at_most: int, behind: Place | None = None
) -> list[Place]:
    """Return when they were created and the ids of the tasks a filter admits, newest first, no more than that.

    `behind` is the place that a walk has come to; a task that fits only by now and stands before it is not met.
    """
    query = sa.select(Task.created_at, Task.id).where(*chosen.conditions())
    if behind is not None:
        there = sa.tuple_(
            *(
                sa.literal(value, column.type)
                for value, column in zip(behind, (Task.created_at, Task.id), strict=True)
            )
        )
        query = query.where(sa.tuple_(Task.created_at, Task.id) < there)
    newest = query.order_by(Task.created_at.desc(), Task.id.desc()).limit(at_most)
    return [(row[0], row[1]) for row in session.execute(newest)]
