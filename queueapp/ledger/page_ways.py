"""Which way to a page of tasks reads the least, reckoned from the planner's statistics."""

from __future__ import annotations

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger import by_priority
from queueapp.ledger.filters import Page, TaskFilter
from queueapp.models.task import Task
from queueapp.states import TaskStatus

#: So few tasks are gathered and sorted whatever else.
FEW = 2_000
#: Keeping more rows than this in order, out of all that are gathered, costs so many times what reading them does.
UNSORTED, SORTING = 1_000, 3
#: What it costs to read a title for its words, and to find it by them, where a task read in an index costs 1.
WORDS, FETCHED = 5, 40


class Way(enum.Enum):
    """How a page is found."""

    #: all that fits, and that sorted
    GATHER = enum.auto()
    #: the order within each status, until enough fits
    WALK = enum.auto()
    #: the order of creation within each status and priority
    BY_PRIORITY = enum.auto()


def statuses_of(chosen: TaskFilter) -> tuple[TaskStatus, ...]:
    """Return the statuses that a filter admits."""
    return tuple(dict.fromkeys(chosen.status)) or tuple(TaskStatus)


def planned_fitting(session: Session, chosen: TaskFilter) -> int:
    """Return how many tasks the planner expects a filter to admit."""
    return planned_rows(session, sa.select(Task.id).where(*chosen.conditions()))


def way_to(session: Session, chosen: TaskFilter, page: Page) -> Way:
    """Return whether to gather all that fits and sort it, or how to walk the order until enough fits.

    How far a walk has to go is reckoned as if what fits were spread evenly, which times of creation are not.
    """
    fitting = planned_fitting(session, chosen)
    if fitting <= FEW:
        return Way.GATHER
    tasks = known_tasks(session)
    rows = page.limit + 1 + (0 if page.cursor else page.offset)
    gathered = fitting * (SORTING if rows > UNSORTED else 1)
    if chosen.is_ranged:
        return _way_in_time(session, chosen, page, gathered, rows / fitting, tasks)
    statuses = statuses_of(chosen)
    of_each = min(rows / fitting, 1) * tasks
    walked = of_each
    if of_each <= gathered < of_each * len(statuses):
        walked = sum(min(of_each, planned_rows(session, in_status(status))) for status in statuses)
    return Way.GATHER if gathered < walked else Way.WALK


def _way_in_time(
    session: Session, chosen: TaskFilter, page: Page, gathered: float, share: float, tasks: float
) -> Way:
    """Return the way on which the least is read until such a share of what fits, created in a time, is found."""
    time = TaskFilter(since=chosen.since, until=chosen.until)
    in_time = planned_rows(session, sa.select(Task.id).where(*time.conditions()))
    if chosen.q:
        gathered = min(gathered * FETCHED, in_time * WORDS)
    look, statuses = WORDS if chosen.q else 1, len(statuses_of(chosen))
    costs = {
        Way.GATHER: gathered,
        Way.WALK: (_passed(chosen, page, tasks, in_time) + in_time * min(share * statuses, 1)) * look,
    }
    if page.order_by == "priority":
        parts = statuses * len(by_priority.PRIORITIES)
        costs[Way.BY_PRIORITY] = in_time * min(share * parts, 1) * look
    return min(costs, key=lambda way: costs[way])


def _passed(chosen: TaskFilter, page: Page, tasks: float, in_time: float) -> float:
    """Return about how many tasks created at other times a walk passes before it comes to what fits.

    The times at which tasks last changed follow those of their creation, and none has changed before it was created.
    """
    begins_outside = chosen.until if page.order == "desc" else chosen.since
    if page.order_by == "created_at" or not begins_outside or (page.order_by == "updated_at" and page.cursor):
        return 0.0
    return 0.0 if page.order_by == "updated_at" and page.order == "asc" else tasks - in_time


def in_status(status: TaskStatus) -> sa.Select[Any]:
    """Return the query for the tasks of one status."""
    return sa.select(Task.id).where(Task.status == status)


def known_tasks(session: Session) -> float:
    """Return how many tasks there were when statistics were made last."""
    known = sa.text("SELECT reltuples FROM pg_class WHERE oid = 'queue_tasks'::regclass")
    return float(session.scalar(known) or 0)


def planned_rows(session: Session, query: sa.Select[Any]) -> int:
    """Return how many rows the planner expects of a query, by its statistics and without running it."""
    compiled = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}")
    return int(plan.scalar_one()[0]["Plan"]["Plan Rows"])
