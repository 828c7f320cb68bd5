"""Figures of the queue for monitoring, each read by an index and bounded: never a scan of all items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from queueapp.ledger.items import Conn

#: Ready items of a lane are counted up to here.
MOST_COUNTED = 10_000
#: Statements of one scrape give up after this.
TIMEOUT_MS = 5_000


@dataclass(frozen=True, slots=True)
class TypeFigures:
    """Of one type of task and one status: the tasks active or finished within a day, and the sums of their counters."""

    type: str
    status: str
    tasks: int
    completed: int
    failed: int
    skipped: int
    canceled: int
    running: int
    total: int

    def items_by_status(self) -> dict[str, int]:
        """How many of their items are in each status."""
        ended = {
            "completed": self.completed,
            "failed": self.failed,
            "skipped": self.skipped,
            "canceled": self.canceled,
        }
        return ended | {"running": self.running, "queued": self.total - self.running - sum(ended.values())}


@dataclass(frozen=True, slots=True)
class InFlight:
    """Items of an operation that are handed to Redis or claimed (`dispatched`), or `running`."""

    operation: str
    state: str
    items: int


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers in a state that beat lately, their threads, and the processes that they could not kill."""

    state: str
    workers: int
    threads: int
    abandoned: int


def be_bounded(conn: Conn) -> None:
    """Read by index and give up after a while, until the end of this transaction."""
    conn.execute("SET LOCAL enable_seqscan = off")
    conn.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")


def recent_tasks(conn: Conn) -> list[TypeFigures]:
    """Return by type and status the tasks that are active or ended within the last 24 hours, the newest of each."""
    columns = "type, status, completed_items, failed_items, skipped_items, canceled_items, running_items, total_items"
    newest = f"ORDER BY created_at DESC LIMIT {MOST_COUNTED}"
    rows = conn.execute(
        f"""
        SELECT type, status, count(*), sum(completed_items), sum(failed_items), sum(skipped_items),
            sum(canceled_items), sum(running_items), sum(total_items)
        FROM (
            (SELECT {columns} FROM queue_tasks WHERE status = 'queued' {newest})
            UNION ALL
            (SELECT {columns} FROM queue_tasks WHERE status = 'running' {newest})
            UNION ALL
            (SELECT {columns} FROM queue_tasks WHERE finished_at > now() - interval '24 hours'
                ORDER BY finished_at DESC LIMIT {MOST_COUNTED})
        ) recent GROUP BY type, status ORDER BY type, status
        """  # noqa: S608
    ).fetchall()
    return [TypeFigures(*row) for row in rows]


def in_flight(conn: Conn) -> list[InFlight]:
    """Return what is dispatched and what runs, by operation; as much as fits the windows and threads."""
    rows = conn.execute(
        """
        SELECT type, CASE WHEN status = 'running' THEN 'running' ELSE 'dispatched' END AS state, count(*)
        FROM queue_items WHERE stage = 3 GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    return [InFlight(*row) for row in rows]


def unfinished_items(conn: Conn) -> list[InFlight]:
    """Return the items not over by operation and status, those not handed out counted up to a bound a stage."""
    rows = conn.execute(
        """
        SELECT type, status, sum(n) FROM (
            SELECT type, CASE WHEN status = 'running' THEN 'running' ELSE 'queued' END AS status, count(*) AS n
            FROM queue_items WHERE stage = 3 GROUP BY 1, 2
            UNION ALL SELECT type, 'queued', count(*) FROM (
                SELECT i.type FROM generate_series(0, 3) AS l(lane) CROSS JOIN LATERAL (
                    SELECT q.type FROM queue_items q WHERE q.stage = 2 AND q.lane = l.lane LIMIT %(most)s) i
            ) ready GROUP BY 1
            UNION ALL SELECT type, 'queued', count(*) FROM (
                SELECT type FROM queue_items WHERE stage = 1 ORDER BY available_at LIMIT %(most)s
            ) waiting GROUP BY 1
            UNION ALL SELECT type, 'queued', count(*) FROM (
                SELECT type FROM queue_items WHERE stage = 0 ORDER BY task_id, "index" LIMIT %(most)s
            ) held GROUP BY 1
        ) stages GROUP BY 1, 2 ORDER BY 1, 2
        """,
        {"most": MOST_COUNTED},
    ).fetchall()
    return [InFlight(operation, state, int(items)) for operation, state, items in rows]


def ready_by_lane(conn: Conn, lanes: int) -> dict[int, int]:
    """Return how many items of each lane are ready, counted up to a bound."""
    rows = conn.execute(
        """
        SELECT l.lane, (SELECT count(*) FROM (
            SELECT FROM queue_items i WHERE i.stage = 2 AND i.lane = l.lane LIMIT %s) bounded)
        FROM generate_series(0, %s - 1) AS l(lane)
        """,
        (MOST_COUNTED, lanes),
    ).fetchall()
    return dict(rows)


def oldest_ready_seconds(conn: Conn, lanes: int, operations: Sequence[str]) -> dict[int, float]:
    """Return for each lane how long the first ready item of its oldest task waits; 0 where none does.

    It waits since it was created, or was due after that. Of each operation one index entry is read.
    """
    rows = conn.execute(
        """
        SELECT l.lane, coalesce(max(extract(epoch FROM now() - first.since))::float8, 0)
        FROM generate_series(0, %s - 1) AS l(lane)
        CROSS JOIN unnest(%s::text[]) AS o(operation)
        LEFT JOIN LATERAL (
            SELECT greatest(i.created_at, i.available_at) AS since FROM queue_items i
            WHERE i.stage = 2 AND i.lane = l.lane AND i.type = o.operation
            ORDER BY i.task_id, i.index LIMIT 1
        ) first ON true
        GROUP BY l.lane
        """,
        (lanes, list(operations)),
    ).fetchall()
    return {lane: max(seconds, 0.0) for lane, seconds in rows}


def workers(conn: Conn, within_seconds: float) -> list[Workers]:
    """Return the workers that have beaten within the last seconds, by state."""
    rows = conn.execute(
        """
        SELECT s.state, count(w.id), coalesce(sum(w.threads), 0), coalesce(sum(jsonb_array_length(w.abandoned)), 0)
        FROM unnest(ARRAY['running', 'draining']) AS s(state)
        LEFT JOIN queue_workers w ON w.state = s.state AND w.state IN ('running', 'draining')
            AND w.heartbeat_at > now() - make_interval(secs => %s)
        GROUP BY s.state ORDER BY s.state
        """,
        (within_seconds,),
    ).fetchall()
    return [Workers(*row) for row in rows]
