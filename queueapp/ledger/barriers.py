"""Lets barriers go: items that wait until all others of their task are terminal."""

from __future__ import annotations

from queueapp.ledger import queries
from queueapp.ledger.items import Conn


def raise_barriers(conn: Conn, task_id: int) -> None:
    """Release the barriers of a locked task when nothing else is left to wait for."""
    raised = conn.execute(
        """
        WITH raised AS (
            UPDATE queue_tasks SET pending_barriers = 0 WHERE id = %s AND NOT open AND pending_barriers > 0
                AND status IN ('queued', 'running') AND pending_dependencies = 0 AND pending_barriers = total_items
                    - (completed_items + failed_items + skipped_items + canceled_items)
            RETURNING id
        )
        UPDATE queue_items i SET barrier = false FROM raised r WHERE i.task_id = r.id AND i.stage = 0 AND i.barrier
        """,
        (task_id,),
    )
    if raised.rowcount:
        conn.execute(queries.load("release_task"), {"task_id": task_id})
