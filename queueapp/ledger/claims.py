"""Takes items for one worker process, so that nobody else runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from queueapp.ledger import queries
from queueapp.ledger.arrays import numbers
from queueapp.ledger.items import Conn


@dataclass(slots=True)
class Claim:
    """An item a worker holds; `number` fences its writes off from those of an older or newer claim."""

    item_id: int
    task_id: int
    type: str
    number: int
    attempt: int
    max_attempts: int
    payload: str
    dry_run: bool
    #: workers that died while they ran it
    crash_count: int = 0
    #: seconds since it was due, as it was claimed for the first time; None: claimed before
    due_for: float | None = None


def claim_items(
    conn: Conn, worker_id: int, item_ids: Sequence[int], *, again: bool = False
) -> dict[int, Claim]:
    """Claim what may run of the fetched items; what is canceled, paused or another's is left out.

    What is paused goes back to the backlog. With `again` the answer also has what this worker has claimed without
    getting the answer, wanted still or not (see `unwanted`); none of the items may be one that it holds.
    """
    ids = numbers(item_ids)
    rows = conn.execute(
        queries.load("claim_items"), {"worker": worker_id, "ids": ids, "again": again}
    ).fetchall()
    if len(rows) < len(item_ids):
        conn.execute(queries.load("return_paused"), {"ids": ids})
    return {row[0]: Claim(*row) for row in rows}


def confirm_claim(conn: Conn, worker_id: int, item_id: int, number: int) -> bool:
    """Return whether a claim still holds and its task still wants it done."""
    row = conn.execute(
        """
        SELECT 1 FROM queue_items i JOIN queue_tasks t ON t.id = i.task_id
        WHERE i.id = %s AND i.worker_id = %s AND i.claim_number = %s AND i.stage = 3
            AND i.cancel_requested_at IS NULL AND t.status IN ('queued', 'running')
        """,
        (item_id, worker_id, number),
    ).fetchone()
    return row is not None


def unwanted(conn: Conn, item_ids: Sequence[int]) -> dict[int, str]:
    """Return of the given held items those not to be started any more: `canceled`, `paused` or `stopped`.

    A task is stopped when it asks for that and one of its required items has failed; what runs may finish.
    """
    rows = conn.execute(
        """
        SELECT i.id,
            CASE
                WHEN t.status = 'canceled' OR i.cancel_requested_at IS NOT NULL THEN 'canceled'
                WHEN t.stop_on_failure AND t.failed_items > t.optional_failed_items THEN 'stopped'
                ELSE 'paused'
            END
        FROM queue_items i JOIN queue_tasks t ON t.id = i.task_id
        WHERE i.id = ANY(%s) AND (
            t.status = 'canceled' OR i.cancel_requested_at IS NOT NULL OR t.paused_at IS NOT NULL
            OR (t.stop_on_failure AND t.failed_items > t.optional_failed_items)
            OR EXISTS (SELECT FROM queue_pauses p WHERE p.scope IN ('*', i.type)))
        """,
        (list(item_ids),),
    ).fetchall()
    return dict(rows)
