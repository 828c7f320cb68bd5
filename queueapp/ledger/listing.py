"""The list of tasks at any size: a page of any filter and order, its total, and how many there are in each status.

A page is read status by status, each from an index that holds the order within one status and the columns that
filters look at; the few rows found in each are merged. So neither how many tasks there are nor how deep the page
lies matters, as long as the filter finds some (docs/scale.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger import by_priority, derive
from queueapp.ledger.filters import ORDER_COLUMNS, Cursor, Page, TaskFilter
from queueapp.ledger.page_ways import Way, in_status, planned_fitting, planned_rows, statuses_of, way_to
from queueapp.ledger.views import TaskPage
from queueapp.models.task import Task
from queueapp.states import TaskStatus

#: Totals are counted exactly up to here and estimated beyond.
EXACT_TOTAL = 10_000
#: When a task that does not run changed last, as indexes hold it.
SETTLED: tuple[Any, ...] = (Task.settled_at.label("updated_at"), Task.id)
#: Where all that fits is gathered, the column that says how many that is.
FITTING = "fitting"
#: A clock may have been set back by as much between a task's creation and its last change.
CLOCK_SET_BACK = timedelta(days=1)
#: A search that is expected to find more is not counted.
MANY_MATCHES = 2 * EXACT_TOTAL


def list_tasks(session: Session, chosen: TaskFilter, page: Page) -> TaskPage:
    """Return one page of the tasks a filter admits."""
    keys = _page_keys(session, chosen, page).subquery()
    names = [column.key for column in ORDER_COLUMNS[page.order_by]]
    query = sa.select(Task, sa.func.now(), *keys.c).join_from(keys, Task, Task.id == keys.c.id)
    rows = session.execute(_ordered(query, [keys.c[name] for name in names], page)).all()
    shown = rows[: page.limit]
    cursor = None
    if len(rows) > page.limit:
        cursor = Cursor(page.order_by, page.order, tuple(shown[-1][2 : 2 + len(names)])).encode()
    if not page.cursor and not cursor and (shown or not page.offset):
        total, estimated = page.offset + len(shown), False
    elif rows and FITTING in keys.c and page.created_by_then is None:
        total, estimated = rows[0][-1], False
    else:
        total, estimated = count_tasks(session, chosen)
    return TaskPage(
        tasks=derive.task_views(session, shown),
        total=total,
        total_is_estimate=estimated,
        limit=page.limit,
        offset=page.offset,
        next_cursor=cursor,
    )


def _page_keys(session: Session, chosen: TaskFilter, page: Page) -> sa.Select[Any]:
    """Return the query for what a page and one row more are sorted by, the id last."""
    way = way_to(session, chosen, page) if chosen.narrows else Way.WALK
    if way is Way.GATHER:
        return _from_gathered(chosen, page, planned_fitting(session, chosen))
    statuses = statuses_of(chosen)
    if way is Way.BY_PRIORITY:
        return _merged(by_priority.sources(chosen, page, statuses, _there(page)), page)
    branches = [_of_status(chosen, page, status, merged=len(statuses) > 1) for status in statuses]
    return _merged(branches, page) if len(branches) > 1 else branches[0]


def _merged(branches: Iterable[sa.Select[Any]], page: Page) -> sa.Select[Any]:
    merged = sa.union_all(*(sa.select(branch.subquery()) for branch in branches)).subquery()
    columns = tuple(merged.c)
    query = _ordered(sa.select(*columns), columns, page)
    return query.limit(page.limit + 1).offset(0 if page.cursor else page.offset)


def _from_gathered(chosen: TaskFilter, page: Page, fitting: int) -> sa.Select[Any]:
    """Return the query for a page out of all that fits, gathered first; of few it also tells how many they are."""
    if fitting > EXACT_TOTAL:
        # The offset keeps the planner from walking the order after all; nothing is written down in between.
        streamed = _gathered(chosen, page).offset(0).subquery()
        return _limited(sa.select(*streamed.c), tuple(streamed.c), page)
    gathered = _gathered(chosen, page).cte("gathered").prefix_with("MATERIALIZED")
    number = sa.select(sa.func.count()).select_from(gathered).scalar_subquery().label(FITTING)
    return _limited(sa.select(*gathered.c, number), tuple(gathered.c), page)


def _gathered(chosen: TaskFilter, page: Page) -> sa.GenerativeSelect:
    """Return the query for what all that fits is sorted by."""
    if page.order_by != "updated_at":
        return sa.select(*ORDER_COLUMNS[page.order_by]).where(*chosen.conditions(), *_there(page))
    settled = sa.select(*SETTLED).where(Task.settled_at.is_not(None), *chosen.conditions(), *_there(page))
    if chosen.status and TaskStatus.RUNNING not in chosen.status:
        return settled
    running = sa.select(Task.updated_at, Task.id).where(Task.status == TaskStatus.RUNNING)
    return sa.union_all(settled, running.where(*chosen.conditions(), *_there(page)))


def _there(page: Page) -> list[sa.ColumnElement[bool]]:
    return [] if page.created_by_then is None else [Task.created_at <= page.created_by_then]


def _of_status(chosen: TaskFilter, page: Page, status: TaskStatus, *, merged: bool) -> sa.Select[Any]:
    """Return the query for a page of one status, or, where several are merged, for all that may be of it."""
    columns = ORDER_COLUMNS[page.order_by]
    if page.order_by == "updated_at" and status is not TaskStatus.RUNNING:
        columns = SETTLED
    conditions = replace(chosen, status=(status,)).conditions(words_by_index=False) + _there(page)
    if columns is SETTLED and chosen.since:
        since = sa.literal(chosen.since, Task.created_at.type)
        conditions.append(Task.settled_at >= since - CLOCK_SET_BACK)
    return _limited(sa.select(*columns).where(*conditions), columns, page, merged=merged)


def _limited(
    query: sa.Select[Any], columns: Sequence[Any], page: Page, *, merged: bool = False
) -> sa.Select[Any]:
    plain = [column.element if isinstance(column, sa.Label) else column for column in columns]
    if page.cursor:
        after = Cursor.decode(page.cursor, page)
        here = sa.tuple_(*plain)
        there = sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(after.values, plain, strict=True)))
        query = query.where(here < there if page.order == "desc" else here > there)
    offset = 0 if page.cursor else page.offset
    query = _ordered(query, plain, page)
    if merged:
        return query.limit(offset + page.limit + 1)
    return query.limit(page.limit + 1).offset(offset)


def _ordered(query: sa.Select[Any], columns: Iterable[Any], page: Page) -> sa.Select[Any]:
    return query.order_by(*(column.desc() if page.order == "desc" else column.asc() for column in columns))


def count_tasks(session: Session, chosen: TaskFilter) -> tuple[int, bool]:
    """Return how many tasks a filter admits, and whether that is an estimate."""
    query = sa.select(Task.id).where(*chosen.conditions())
    if chosen.q:
        planned = planned_rows(session, query)
        if planned > MANY_MATCHES:
            return planned, True
    some = sa.select(sa.literal(1)).select_from(Task).where(*chosen.conditions()).limit(EXACT_TOTAL + 1)
    counting = sa.select(sa.func.count()).select_from(some.subquery())
    counted = (_by_index(session, counting) if chosen.q else session.scalar(counting)) or 0
    if counted <= EXACT_TOTAL:
        return counted, False
    return max(planned_rows(session, query), counted), True


def _by_index(session: Session, query: sa.Select[Any]) -> Any:
    """Return the one value of a query that is not to read the whole table, whose words lie beside it.

    The planner takes a look at a title's words for as cheap as one at a number; it costs thirty times as much.
    """
    session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    found = session.scalar(query)
    session.execute(sa.text("SET LOCAL enable_seqscan = on"))
    return found


def counts_by_status(session: Session) -> dict[str, int]:
    """Return how many tasks there are in each status: exact up to a bound, estimated beyond."""
    return count_statuses(session, tuple(TaskStatus))[0]


def is_estimate(count: int) -> bool:
    """Return whether a count of `counts_by_status` is beyond what is counted exactly."""
    return count > EXACT_TOTAL


def count_statuses(session: Session, statuses: Sequence[TaskStatus]) -> tuple[dict[str, int], bool]:
    """Return how many tasks there are in some statuses, and whether one of them is an estimate."""
    counts = [
        sa.select(sa.func.count()).select_from(
            sa.select(sa.literal(1)).where(Task.status == status).limit(EXACT_TOTAL + 1).subquery()
        )
        for status in statuses
    ]
    row = session.execute(sa.select(*(count.scalar_subquery() for count in counts))).one()
    found = {status.value: int(count) for status, count in zip(statuses, row, strict=True)}
    large = [status for status in statuses if found[status.value] > EXACT_TOTAL]
    for status in large:
        planned = planned_rows(session, in_status(status))
        found[status.value] = max(planned, found[status.value])
    return found, bool(large)
