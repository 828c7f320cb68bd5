"""Pauses of everything or of one operation, and the end of waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queueapp.ledger.items import Conn

#: The scope that stands for everything.
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Paused:
    """What is paused, since when and by whom."""

    scope: str
    paused_at: datetime
    paused_by: str


def pause(conn: Conn, scope: str, by: str) -> None:
    """Let nothing of a scope start; a pause that is there stays as it is."""
    conn.execute(
        "INSERT INTO queue_pauses (scope, paused_by) VALUES (%s, %s) ON CONFLICT DO NOTHING", (scope, by)
    )


def resume(conn: Conn, scope: str) -> bool:
    """End a pause; return whether there was one. The time it took counts for nobody's pace."""
    ended = conn.execute("DELETE FROM queue_pauses WHERE scope = %s", (scope,)).rowcount > 0
    if ended:
        conn.execute(
            "UPDATE queue_tasks SET pace_at = now() WHERE status = 'running' AND pace_at IS NOT NULL"
            " AND (%(scope)s = '*' OR type = %(scope)s)",
            {"scope": scope},
        )
    return ended


def list_pauses(conn: Conn) -> list[Paused]:
    """Return all pauses, oldest first."""
    rows = conn.execute("SELECT scope, paused_at, paused_by FROM queue_pauses ORDER BY paused_at, scope")
    return [Paused(*row) for row in rows.fetchall()]


def end_waits(conn: Conn, operation: str | None, task_id: int | None) -> int:
    """Make every item due that waits for a retry (of one operation or task, if given); return how many."""
    return conn.execute(
        """
        UPDATE queue_items i SET available_at = now() FROM queue_tasks t
        WHERE i.stage = 1 AND i.available_at > now() AND t.id = i.task_id AND i.attempt + i.claim_number > 0
            AND (%(operation)s::text IS NULL OR i.type = %(operation)s)
            AND (%(task_id)s::bigint IS NULL OR i.task_id = %(task_id)s)
        """,
        {"operation": operation, "task_id": task_id},
    ).rowcount


def end_circuit_waits(conn: Conn, provider: str) -> int:
    """Make every item due that waits because the circuit of a provider is open; return how many."""
    return conn.execute(
        """
        UPDATE queue_items SET available_at = now()
        WHERE stage = 1 AND available_at > now() AND error ->> 'type' = 'CircuitOpen'
            AND starts_with(error ->> 'message', %s)
        """,
        (f"{provider} circuit open",),
    ).rowcount
