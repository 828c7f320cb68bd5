"""Creates, cancels, pauses, resets and deletes tasks; each function works in the transaction of its caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from queueapp import errors
from queueapp.ledger import dependencies, items, queries
from queueapp.ledger.items import Conn
from queueapp.priorities import lane_of


@dataclass(slots=True)
class NewTaskRow:
    """A task as it is stored."""

    type: str
    title: str
    priority: int
    created_by: str = ""
    origin: str = ""
    max_parallel: int | None = None
    dry_run: bool = False
    open: bool = False
    dedup_key: str | None = None
    scheduled_for: datetime | None = None
    parent_task_id: int | None = None
    ordering_key: str | None = None
    #: how many tasks of the ordering key run at a time
    at_once: int = 1
    #: tasks that must complete before this one starts
    depends_on: tuple[int, ...] = ()
    stop_on_failure: bool = False
    #: how many tasks it waits for; found out as it is inserted
    pending_dependencies: int = 0
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inserted:
    """A stored task, and the ids of its items in their order if there are few."""

    task_id: int
    item_ids: tuple[int, ...]


def insert_task(
    conn: Conn, task: NewTaskRow, rows: Sequence[items.NewRow], *, dispatched: bool = False
) -> Inserted:
    """Insert a task with its items; raises AlreadyQueued when its dedup_key is taken.

    With `dispatched` its items, which must be few and free of limits, are stored as handed out, which the caller
    does after the commit.
    """
    waits = dependencies.find(conn, task.depends_on, task.ordering_key, task.at_once)
    task.pending_dependencies = waits.pending
    few = rows if len(rows) < items.COPY_FROM else ()
    place = items.place_of(task, few, dispatched=dispatched)
    stored = conn.execute(queries.load("insert_small_task"), _values(task, few, place)).fetchone()
    assert stored is not None
    if stored[0] is None:
        raise errors.AlreadyQueued(_holder_of(conn, task.dedup_key))
    if not few and rows:
        frame = items.lock_frame(conn, stored[0])
        assert frame is not None
        items.insert_items(conn, frame[2], rows)
    dependencies.store(conn, stored[0], waits.for_tasks)
    return Inserted(stored[0], tuple(stored[1] or ()))


def _values(task: NewTaskRow, rows: Sequence[items.NewRow], place: items.Placed) -> dict[str, Any]:
    own = {name: getattr(task, name) for name in NewTaskRow.__slots__}
    return own | {
        "meta": items.as_json(task.meta),
        "lane": lane_of(task.priority),
        "total_items": len(rows),
        "pending_barriers": sum(row.barrier for row in rows),
        "growing_items": sum(row.grows for row in rows),
        "slots_used": place.slots_used,
        "types": [row.type for row in rows],
        "titles": [row.title for row in rows],
        "subjects": [row.subject for row in rows],
        "stages": place.stages,
        "optionals": [row.optional for row in rows],
        "barriers": [row.barrier for row in rows],
        "payloads": [row.payload for row in rows],
        "attempts": [row.max_attempts for row in rows],
        "keys": [row.concurrency_key for row in rows],
    }


def _holder_of(conn: Conn, dedup_key: str | None) -> int:
    row = conn.execute(
        "SELECT id FROM queue_tasks WHERE dedup_key = %s AND status IN ('queued', 'running')", (dedup_key,)
    ).fetchone()
    return int(row[0]) if row else 0


def count_active(conn: Conn) -> int:
    """Return how many tasks are queued or running."""
    row = conn.execute("SELECT count(*) FROM queue_tasks WHERE status IN ('queued', 'running')").fetchone()
    return int(row[0]) if row else 0


def lock_task(conn: Conn, task_id: int) -> dict[str, Any]:
    """Lock a task's row and return it; raises NotFound."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "SELECT * FROM queue_tasks WHERE id = %s FOR NO KEY UPDATE", (task_id,)
        ).fetchone()
    if row is None:
        raise errors.NotFound(f"there is no task {task_id}")
    return row


def cancel_task(conn: Conn, task_id: int, by: str) -> bool:
    """Cancel a task in one statement; return False when it is not active."""
    dependencies.lock_awaited(conn, task_id)
    row = conn.execute(queries.load("cancel_task"), {"task_id": task_id, "by": by}).fetchone()
    return row is not None


def settle_canceled(conn: Conn, task_id: int, after: int, limit: int) -> tuple[int, int | None]:
    """Write `canceled` into up to `limit` rows behind index `after`; return how many and the last index."""
    row = conn.execute(
        queries.load("settle_canceled"), {"task_id": task_id, "after": after, "limit": limit}
    ).fetchone()
    return (int(row[0]), row[1]) if row else (0, None)


def mark_settled(conn: Conn, task_id: int) -> None:
    """Note that no row of a canceled task is left unsettled, unless a worker still holds one."""
    conn.execute(
        """
        UPDATE queue_tasks t SET unsettled = false WHERE id = %s AND NOT EXISTS (
            SELECT FROM queue_items i WHERE i.task_id = t.id AND i.stage IN (0, 1, 2, 3) AND i.status = 'queued')
        """,
        (task_id,),
    )


def seize_claimed(conn: Conn, task_id: int) -> int:
    """Cancel for good what workers hold but have not started of a locked canceled task; return how many.

    Their claims are overtaken, so nothing that those workers still say of these items is recorded.
    """
    row = conn.execute(
        """
        WITH seized AS (
            UPDATE queue_items SET status = 'canceled', stage = 4, finished_at = now(), claim_number = claim_number + 1
            WHERE task_id = %s AND status = 'queued' AND stage = 3 RETURNING id
        ), unlocked AS (DELETE FROM queue_concurrency_locks l USING seized s WHERE l.item_id = s.id)
        SELECT count(*) FROM seized
        """,
        (task_id,),
    ).fetchone()
    return int(row[0]) if row else 0


def cancel_item(conn: Conn, task_id: int, item_id: int) -> str:
    """Cancel one item of a locked task; return `canceled`, `requested` (a worker has it) or its terminal status.

    A canceled item frees what its end would have freed, so it goes the way of every outcome: it is claimed by
    nobody (worker 0) and recorded from there.
    """
    row = conn.execute(
        "SELECT status, stage, worker_id, barrier FROM queue_items WHERE id = %s AND task_id = %s FOR UPDATE",
        (item_id, task_id),
    ).fetchone()
    if row is None:
        raise errors.NotFound(f"task {task_id} has no item {item_id}")
    status, stage, worker_id, barrier = row
    if stage == 4:
        return str(status)
    conn.execute("UPDATE queue_items SET cancel_requested_at = now() WHERE id = %s", (item_id,))
    if worker_id is not None:
        return "requested"
    if stage == 0:
        # It held no slot, but its end gives one back, and it is a barrier no more.
        conn.execute(
            """
            UPDATE queue_tasks SET pending_barriers = pending_barriers - %s,
                slots_used = slots_used + CASE WHEN max_parallel IS NULL THEN 0 ELSE 1 END WHERE id = %s
            """,
            (int(barrier), task_id),
        )
    conn.execute(
        """
        UPDATE queue_items SET stage = 3, worker_id = 0, claim_number = claim_number + 1,
            dispatched_at = coalesce(dispatched_at, now()) WHERE id = %s
        """,
        (item_id,),
    )
    return "canceled"


def set_paused(conn: Conn, task_id: int, by: str | None) -> None:
    """Pause a locked task, or resume it when `by` is None."""
    conn.execute(
        """
        UPDATE queue_tasks SET paused_by = %(by)s, updated_at = now(),
            paused_at = CASE WHEN %(by)s::text IS NULL THEN NULL ELSE coalesce(paused_at, now()) END,
            pace_at = CASE WHEN %(by)s::text IS NULL AND pace_at IS NOT NULL THEN now() ELSE pace_at END
        WHERE id = %(id)s
        """,
        {"by": by, "id": task_id},
    )


def set_priority(conn: Conn, task_id: int, priority: int) -> None:
    """Set the priority of a locked task; items added from now on take its lane."""
    conn.execute(
        "UPDATE queue_tasks SET priority = %s, updated_at = now() WHERE id = %s", (priority, task_id)
    )


def move_lane(conn: Conn, task_id: int, lane: int, after: int, limit: int) -> int | None:
    """Move up to `limit` items behind index `after`, not handed out yet, to a lane; return the last index or None."""
    row = conn.execute(
        """
        WITH batch AS (
            SELECT id, "index" FROM queue_items
            WHERE task_id = %s AND "index" > %s AND stage < 3 AND lane <> %s ORDER BY "index" LIMIT %s FOR UPDATE
        ), moved AS (
            UPDATE queue_items i SET lane = %s FROM batch b WHERE i.id = b.id RETURNING i."index"
        )
        SELECT max("index") FROM moved
        """,
        (task_id, after, lane, limit, lane),
    ).fetchone()
    return row[0] if row else None


def reset_items(
    conn: Conn,
    task: dict[str, Any],
    statuses: Sequence[str],
    item_id: int | None = None,
    *,
    ahead: Sequence[int] = (),
    at_once: int = 1,
) -> int:
    """Give new attempts to items of a locked, settled task in the given statuses; return how many.

    The task goes back to queued with its counts; a worker that still holds such an item is fenced off. One that had
    ended takes a new turn behind those of its ordering key that are `ahead`, which `ordering.ahead` has locked before.
    """
    pending = task["pending_dependencies"]
    if task["status"] not in {"queued", "running"}:
        pending = dependencies.renew(conn, task["id"], ahead, at_once)
    row = conn.execute(
        queries.load("reset_items"),
        {
            "task_id": task["id"],
            "statuses": list(statuses),
            "item_id": item_id,
            "lane": lane_of(task["priority"]),
            "limit": task["max_parallel"],
            "used": task["slots_used"],
            "pending": pending,
        },
    ).fetchone()
    return int(row[0]) if row else 0


def finish_if_done(conn: Conn, task_id: int) -> str | None:
    """Finish a locked task that has been closed and has no item left to wait for; return its status if it did."""
    row = conn.execute(
        """
        UPDATE queue_tasks SET finished_at = now(), updated_at = now(),
            status = CASE WHEN failed_items > optional_failed_items THEN 'failed' ELSE 'completed' END
        WHERE id = %s AND status IN ('queued', 'running') AND NOT open
            AND completed_items + failed_items + skipped_items + canceled_items = total_items
        RETURNING status
        """,
        (task_id,),
    ).fetchone()
    return str(row[0]) if row else None


def delete_items(conn: Conn, task_id: int, limit: int) -> int:
    """Delete up to `limit` items of a task, with their logs; return how many."""
    cursor = conn.execute(
        """
        WITH gone AS (
            DELETE FROM queue_items WHERE id IN (SELECT id FROM queue_items WHERE task_id = %s LIMIT %s) RETURNING id
        ), logs AS (DELETE FROM queue_item_logs l USING gone WHERE l.item_id = gone.id)
        SELECT count(*) FROM gone
        """,
        (task_id, limit),
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0
