"""Tasks created within a time, in the order of priority: each status and priority is read by itself.

Within both, tasks lie in an index in the order of their creation, so that each holds the time's tasks in one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from queueapp.ledger.filters import ORDER_COLUMNS, Cursor, Page, TaskFilter
from queueapp.models.task import Task
from queueapp.states import TaskStatus

PRIORITIES = range(1, 11)


def sources(
    chosen: TaskFilter, page: Page, statuses: Sequence[TaskStatus], further: Sequence[Any]
) -> list[sa.Select[Any]]:
    """Return queries whose rows together hold the page, and by offset all before it, as `ORDER_COLUMNS` has them.

    `further` are conditions beside those of the filter.
    """
    rest = replace(chosen, status=(), priority=None)
    conditions = [*rest.conditions(words_by_index=False), *further]
    priorities = [each for each in PRIORITIES if chosen.priority in (None, each)]
    if not page.cursor:
        return [_each(statuses, priorities, conditions, page)]
    place = Cursor.decode(page.cursor, page)
    here, created_at, task_id = place.values
    later = [each for each in priorities if (each < here if page.order == "desc" else each > here)]
    key = sa.tuple_(Task.created_at, Task.id)
    there = sa.tuple_(sa.literal(created_at, Task.created_at.type), sa.literal(task_id, Task.id.type))
    behind = key < there if page.order == "desc" else key > there
    found = [_each(statuses, later, conditions, page)] if later else []
    if here in priorities:
        found.append(_each(statuses, [here], [*conditions, behind], page))
    return found or [_each(statuses, [], conditions, page)]


def _each(
    statuses: Sequence[TaskStatus], priorities: Sequence[int], conditions: Sequence[Any], page: Page
) -> sa.Select[Any]:
    """Return the query for so many of each status and priority as the page may need."""
    pairs = [(status.value, priority) for status in statuses for priority in priorities]
    part = (
        sa.func.unnest(
            sa.cast([status for status, _ in pairs], ARRAY(sa.Text)),
            sa.cast([priority for _, priority in pairs], ARRAY(sa.SmallInteger)),
        )
        .table_valued("status", "priority", name="part")
        .render_derived()
    )
    within = sa.select(*ORDER_COLUMNS["priority"]).where(
        Task.status == part.c.status, Task.priority == part.c.priority, *conditions
    )
    way = "desc" if page.order == "desc" else "asc"
    order = [getattr(column, way)() for column in (Task.created_at, Task.id)]
    offset = 0 if page.cursor else page.offset
    each = within.order_by(*order).limit(offset + page.limit + 1).lateral("each")
    return sa.select(*each.c).select_from(part).join(each, sa.true())
