"""Finds the items that may be handed to Redis next, and marks them as handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from queueapp.ledger import queries
from queueapp.ledger.items import Conn
from queueapp.operations import Limits


@dataclass(slots=True)
class Dispatched:
    """An item that has been marked as dispatched."""

    id: int
    type: str
    task_id: int
    index: int


#: Where in a lane to start, by operation: a task and an index.
Floors = Mapping[str, tuple[int, int]]


def dispatch_ready(
    conn: Conn, lane: int, room: float, costs: Mapping[str, float], floors: Floors | None = None
) -> list[Dispatched]:
    """Mark the next items of a lane as dispatched and return them in their order.

    `costs` gives for each operation this process knows the part of a message one item takes; the costs of what
    is returned add up to `room` messages at most (the last may pass it). Items below the `floors` are not seen.
    """
    if room <= 0 or not costs:
        return []
    starts = [(floors or {}).get(name, (0, 0)) for name in costs]
    rows = conn.execute(
        queries.load("dispatch_ready"),
        {
            "lane": lane,
            "room": room,
            "types": list(costs),
            "costs": list(costs.values()),
            "floor_tasks": [task_id for task_id, _ in starts],
            "floor_indexes": [index for _, index in starts],
        },
    ).fetchall()
    return [Dispatched(*row) for row in sorted(rows, key=itemgetter(2, 3))]


#: Class of the advisory locks under which the items of one limited operation are handed out.
LIMIT_LOCK = 0x6C69


def ready_types(conn: Conn, lane: int, names: Sequence[str]) -> list[str]:
    """Return those of the operations that have items ready in a lane."""
    rows = conn.execute(
        """
        SELECT o.type FROM unnest(%s::text[]) AS o(type)
        WHERE EXISTS (SELECT FROM queue_items i WHERE i.stage = 2 AND i.lane = %s AND i.type = o.type)
        """,
        (list(names), lane),
    ).fetchall()
    return [row[0] for row in rows]


def dispatch_limited(conn: Conn, lane: int, name: str, limits: Limits) -> list[Dispatched]:
    """Mark the next items of a limited operation as dispatched, so that its limits are never exceeded.

    Only who has the operation's lock hands out, and counts after it got the lock what others handed out before;
    all others can but lower that. Who does not get it leaves the work to who has it.
    """
    with conn.transaction():
        lock = conn.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", (LIMIT_LOCK, name)
        ).fetchone()
        if not lock or not lock[0]:
            return []
        counts = conn.execute(
            "SELECT count(*), count(*) FILTER (WHERE status = 'queued') FROM queue_items WHERE stage = 3 AND type = %s",
            (name,),
        ).fetchone()
        assert counts is not None
        return dispatch_ready(conn, lane, limits.room(*counts), {name: 1.0})


def promote_due(conn: Conn, limit: int = 1000) -> dict[int, int]:
    """Make waiting items ready whose time has come; return how many by lane."""
    return dict(conn.execute(queries.load("promote_due"), {"limit": limit}).fetchall())


def return_undelivered(conn: Conn, ids: Sequence[int]) -> dict[int, int]:
    """Make ready again what was dispatched, is claimed by nobody and was lost; return how many by lane."""
    return dict(conn.execute(queries.load("return_undelivered"), {"ids": list(ids)}).fetchall())


def undelivered(conn: Conn, older_than_seconds: float) -> dict[int, list[int]]:
    """Return by lane the ids dispatched longer ago than that and claimed by nobody."""
    rows = conn.execute(
        """
        SELECT lane, array_agg(id) FROM queue_items
        WHERE stage = 3 AND worker_id IS NULL AND dispatched_at <= now() - make_interval(secs => %s)
        GROUP BY lane
        """,
        (older_than_seconds,),
    ).fetchall()
    return dict(rows)
