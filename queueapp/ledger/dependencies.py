"""Tasks that wait for other tasks: found when a task is inserted, met or broken when one ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from queueapp import errors
from queueapp.ledger import barriers, ordering, queries
from queueapp.ledger.items import Conn
from queueapp.priorities import lane_of


@dataclass(frozen=True, slots=True)
class Waits:
    """The tasks a new task waits for, True where any end of theirs will do, and how many of these must have ended."""

    for_tasks: dict[int, bool]
    pending: int


def find(conn: Conn, depends_on: Sequence[int], ordering_key: str | None, at_once: int = 1) -> Waits:
    """Return what a new task has to wait for, when `at_once` tasks of an ordering key run at a time.

    They are locked against ending meanwhile. Raises BadPayload for a task that does not exist, and Conflict for
    one that has failed or been canceled, on which a new task would wait for ever.
    """
    waits: dict[int, bool] = {}
    if depends_on:
        rows = conn.execute(
            "SELECT id, status FROM queue_tasks WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            (sorted(set(depends_on)),),
        ).fetchall()
        statuses = dict(rows)
        _refuse_hopeless(depends_on, statuses)
        waits = {task_id: False for task_id, status in statuses.items() if status != "completed"}
    pending = len(waits)
    if ordering_key is not None:
        ahead = dict.fromkeys(ordering.ahead(conn, ordering_key, at_once), True)
        pending += max(len(ahead.keys() - waits.keys()) - at_once + 1, 0)
        waits = ahead | waits
    return Waits(waits, pending)


def lock_awaited(conn: Conn, task_id: int) -> None:
    """Keep what a task waits for from ending until the commit, before the task itself is locked to be canceled.

    Those behind it inherit its waits; an inherited wait for a task that ends at this moment would never be met.
    """
    locked: set[int] = set()
    while True:
        rows = conn.execute(
            """
            SELECT t.id FROM queue_task_dependencies d JOIN queue_tasks t ON t.id = d.depends_on_id
            WHERE d.task_id = %s AND NOT d.met ORDER BY t.id FOR SHARE OF t
            """,
            (task_id,),
        ).fetchall()
        awaited = {row[0] for row in rows}
        if awaited <= locked:
            return
        locked |= awaited


def _refuse_hopeless(depends_on: Sequence[int], statuses: Mapping[int, str]) -> None:
    missing = [one for one in depends_on if one not in statuses]
    if missing:
        problems = [{"loc": ["depends_on"], "msg": f"there is no task {one}"} for one in missing]
        raise errors.BadPayload("a task to wait for does not exist", problems)
    for task_id, status in statuses.items():
        if status in {"failed", "canceled"}:
            raise errors.Conflict(f"task {task_id}, which this one is to wait for, is {status}")


def store(conn: Conn, task_id: int, waits: Mapping[int, bool]) -> None:
    """Store what a task waits for; what it has waited for in an earlier life, it waits for again."""
    for depends_on_id, any_end in waits.items():
        conn.execute(
            """
            INSERT INTO queue_task_dependencies AS d (task_id, depends_on_id, any_end) VALUES (%s, %s, %s)
            ON CONFLICT (task_id, depends_on_id) DO UPDATE
                SET met = false, any_end = excluded.any_end AND (d.met OR d.any_end)
            """,
            (task_id, depends_on_id, any_end),
        )


def renew(conn: Conn, task_id: int, ahead: Sequence[int], at_once: int) -> int:
    """Let a locked task that is to be active again wait for those `ahead` of it; return for how many ends.

    What it was told to depend on and has not met, it still waits for; its former turn is forgotten.
    """
    conn.execute(
        "UPDATE queue_task_dependencies SET met = true WHERE task_id = %s AND any_end AND NOT met", (task_id,)
    )
    rows = conn.execute(
        "SELECT depends_on_id FROM queue_task_dependencies WHERE task_id = %s AND NOT met", (task_id,)
    ).fetchall()
    own = {row[0] for row in rows}
    store(conn, task_id, dict.fromkeys(ahead, True))
    return len(own) + max(len(set(ahead) - own) - at_once + 1, 0)


def settle(conn: Conn, ended: Mapping[int, str]) -> set[int]:
    """Release or cancel the tasks that waited for tasks that have ended; return the lanes with items released.

    `ended` gives the final statuses. A task canceled here takes those that wait for it with it.
    """
    lanes: set[int] = set()
    while ended:
        broken: dict[int, str] = {}
        for task_id, depends_on_id, any_end in _meet(conn, ended):
            status = ended[depends_on_id]
            if any_end:
                _inherit(conn, task_id, depends_on_id)
            if any_end or status == "completed":
                lanes |= _count_down(conn, task_id)
            elif _cancel(conn, task_id, f"canceled because task {depends_on_id} has {WORDS[status]}"):
                broken[task_id] = "canceled"
        ended = broken
    return lanes


#: How a task is said to have ended.
WORDS = {"failed": "failed", "canceled": "been canceled"}


def _meet(conn: Conn, ended: Mapping[int, str]) -> list[tuple[int, int, bool]]:
    return conn.execute(
        """
        UPDATE queue_task_dependencies SET met = true WHERE depends_on_id = ANY(%s) AND NOT met
        RETURNING task_id, depends_on_id, any_end
        """,
        (list(ended),),
    ).fetchall()


def _inherit(conn: Conn, task_id: int, ended_id: int) -> None:
    """Let a task wait for what an ended one, canceled before its turn, was itself still waiting for."""
    added = conn.execute(
        """
        INSERT INTO queue_task_dependencies AS d (task_id, depends_on_id, any_end)
        SELECT %s, depends_on_id, true FROM queue_task_dependencies
        WHERE task_id = %s AND any_end AND NOT met
        ON CONFLICT (task_id, depends_on_id) DO UPDATE SET met = false, any_end = true WHERE d.met
        """,
        (task_id, ended_id),
    ).rowcount
    if added:
        conn.execute(
            "UPDATE queue_tasks SET pending_dependencies = pending_dependencies + %s WHERE id = %s",
            (added, task_id),
        )


def _count_down(conn: Conn, task_id: int) -> set[int]:
    row = conn.execute(
        """
        UPDATE queue_tasks SET pending_dependencies = pending_dependencies - 1, updated_at = now()
        WHERE id = %s AND status IN ('queued', 'running') AND pending_dependencies > 0
        RETURNING pending_dependencies, priority
        """,
        (task_id,),
    ).fetchone()
    if row is None or row[0] > 0:
        return set()
    conn.execute(queries.load("release_task"), {"task_id": task_id})
    barriers.raise_barriers(conn, task_id)
    return {lane_of(row[1])}


def _cancel(conn: Conn, task_id: int, reason: str) -> bool:
    row = conn.execute(queries.load("cancel_task"), {"task_id": task_id, "by": ""}).fetchone()
    if row is not None:
        conn.execute(
            "UPDATE queue_tasks SET message = %s, error = %s WHERE id = %s", (reason, reason, task_id)
        )
    return row is not None
