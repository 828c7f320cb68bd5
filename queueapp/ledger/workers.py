"""The rows of worker processes: registered at boot, beaten every two seconds, declared dead after a lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from queueapp.ledger.items import Conn, as_json
from queueapp.ledger.outcomes import Move, Outcome

#: Seconds between two heartbeats.
BEAT_SECONDS = 2.0
#: Workers that may die while they run an item that was in a crash before, and nothing else.
MAX_LONE_CRASHES = 3
#: Seconds without a heartbeat after which a worker's items are given to others.
LEASE_SECONDS = 10.0


def register(conn: Conn, *, broker_id: str, host: str, pid: int, lanes: Sequence[str], threads: int) -> int:
    """Insert a worker and return its id."""
    row = conn.execute(
        "INSERT INTO queue_workers (broker_id, host, pid, lanes, threads) VALUES (%s, %s, %s, %s, %s) RETURNING id",
        (broker_id, host, pid, Jsonb(list(lanes)), threads),
    ).fetchone()
    assert row is not None
    return int(row[0])


def beat(
    conn: Conn, worker_id: int, rss_bytes: int | None, abandoned: Sequence[dict[str, Any]] = ()
) -> str | None:
    """Renew a worker's heartbeat and return its state; None when its row is gone.

    `abandoned` are its child processes that not even a kill has ended.

    A worker that was declared dead stays dead: its items have been given to others, so it must register anew.
    """
    row = conn.execute(
        """
        UPDATE queue_workers SET heartbeat_at = now(), rss_bytes = %s, abandoned = %s
        WHERE id = %s AND state IN ('running', 'draining') RETURNING state
        """,
        (rss_bytes, Jsonb(list(abandoned)), worker_id),
    ).fetchone()
    return str(row[0]) if row else None


def set_state(conn: Conn, worker_id: int, state: str) -> None:
    """Set the state of a worker that is alive."""
    conn.execute(
        """
        UPDATE queue_workers SET state = %(state)s::text,
            stopped_at = CASE WHEN %(state)s::text IN ('stopped', 'dead') THEN now() END
        WHERE id = %(id)s AND state IN ('running', 'draining')
        """,
        {"state": state, "id": worker_id},
    )


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker that was declared dead."""

    id: int
    broker_id: str
    host: str
    pid: int


def bury_silent(conn: Conn) -> list[Lost]:
    """Declare dead every worker silent for a lease; none until the database itself has been up for one."""
    rows = conn.execute(
        """
        UPDATE queue_workers SET state = 'dead', stopped_at = now()
        WHERE state IN ('running', 'draining') AND heartbeat_at < now() - make_interval(secs => %(lease)s)
            AND pg_postmaster_start_time() < now() - make_interval(secs => %(lease)s)
        RETURNING id, broker_id, host, pid
        """,
        {"lease": LEASE_SECONDS},
    ).fetchall()
    return [Lost(*row) for row in rows]


def held_by_the_gone(conn: Conn) -> list[Outcome]:
    """Return, as outcomes to apply, the items held by workers that are dead, stopped or unknown.

    What ran is a suspect of the crash: it runs again, under watch, and fails once MAX_LONE_CRASHES workers have died
    running nothing else. What had been claimed may have started a moment before the end without a word, so it is
    a suspect too, but no attempt of it is used; unless it was waiting as a suspect already. Items claimed by nobody
    (worker 0) were canceled by a person whose process died before it could say so.
    """
    rows = conn.execute(
        """
        SELECT i.id, i.task_id, i.claim_number, i.worker_id, i.status = 'running', i.attempt < i.max_attempts,
            i.crash_count, i.lone_crash_count,
            count(*) FILTER (WHERE i.status = 'running') OVER (PARTITION BY i.worker_id),
            extract(epoch FROM now() - i.started_at)::float8, w.state, w.host, w.pid
        FROM queue_items i LEFT JOIN queue_workers w ON w.id = i.worker_id
        WHERE i.stage = 3 AND i.worker_id IS NOT NULL AND (w.id IS NULL OR w.state IN ('dead', 'stopped'))
            AND (i.worker_id <> 0 OR i.cancel_requested_at < now() - interval '2 seconds')
        ORDER BY i.id LIMIT 5000
        """
    ).fetchall()
    return [_lost_outcome(*row) for row in rows]


def _lost_outcome(
    item_id: int, task_id: int, claim: int, worker: int, running: bool, attempts_left: bool, crashes: int,
    lone_crashes: int, running_there: int, elapsed: float | None, state: str | None, host: str | None,
    pid: int | None,
) -> Outcome:  # fmt: skip
    outcome = Outcome(item_id, task_id, claim, worker, Move.RELEASED, uses_attempt=False)
    if worker == 0:
        outcome.move = Move.CANCELED
    elif running:
        # Bystanders of somebody else's crash must not run out of attempts by it.
        outcome.elapsed_seconds, outcome.uses_attempt = elapsed, attempts_left
        outcome.crashed, outcome.alone = True, running_there == 1 and crashes > 0
        fails = outcome.alone and lone_crashes + 1 >= MAX_LONE_CRASHES
        outcome.move = Move.FAILED if fails else Move.RETRY
        message = f"the worker (process {pid} on {host}) died while it ran this item"
        if fails:
            message += f" and nothing else, for the {MAX_LONE_CRASHES}rd time"
        outcome.error = as_json({"type": "WorkerLost", "message": message, "traceback": None})
    else:
        outcome.crashed = state == "dead" and crashes == 0
    return outcome
