"""Finds and deletes finished tasks with their items and logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from queueapp.ledger import queries
from queueapp.ledger.items import Conn

#: A place before every finished task, to start a walk from.
BEGINNING = (datetime.min.replace(tzinfo=UTC), 0)

Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Finished:
    """A task past its retention, its size, and its place in the walk over all of them."""

    task_id: int
    total_items: int
    place: Place


def finished_before(conn: Conn, older_than_days: float, after: Place, limit: int) -> list[Finished]:
    """The next tasks, oldest first, that finished longer ago than that and of which nothing still stops."""
    rows = conn.execute(
        """
        SELECT id, total_items, finished_at FROM queue_tasks
        WHERE finished_at < now() - make_interval(secs => 86400 * %s) AND (finished_at, id) > (%s, %s)
            AND running_items = 0 AND NOT unsettled
        ORDER BY finished_at, id LIMIT %s
        """,
        (older_than_days, *after, limit),
    )
    return [Finished(task_id, total, (finished_at, task_id)) for task_id, total, finished_at in rows]


def count_finished(conn: Conn, older_than_days: float) -> tuple[int, int]:
    """How many tasks, and items in them, `finished_before` would give in all."""
    row = conn.execute(
        """
        SELECT count(*), coalesce(sum(total_items), 0) FROM queue_tasks
        WHERE finished_at < now() - make_interval(secs => 86400 * %s) AND running_items = 0 AND NOT unsettled
        """,
        (older_than_days,),
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def delete_finished(conn: Conn, task_ids: Sequence[int]) -> tuple[int, int]:
    """Delete those of the tasks that are still finished; return how many tasks and items went."""
    row = conn.execute(queries.load("delete_finished"), {"task_ids": list(task_ids)}).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
