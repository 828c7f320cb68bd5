"""The place of tasks in their lane."""

from __future__ import annotations

from queueapp.ledger.items import Conn


def renew_turn(conn: Conn, task_id: int) -> None:
    """Let a locked task's items take their turns from now on.

    In a lane where little waits its first items are next, and what comes into the lane later still gets its share
    between them, however many they are.
    """
    conn.execute("UPDATE queue_tasks SET turn_at = now(), updated_at = now() WHERE id = %s", (task_id,))


def start_now(conn: Conn, task_id: int) -> int:
    """Make every item of a locked task due that waits for a retry or for the task's start; return how many."""
    conn.execute(
        "UPDATE queue_tasks SET scheduled_for = least(scheduled_for, now()) WHERE id = %s", (task_id,)
    )
    return conn.execute(
        "UPDATE queue_items SET available_at = now() WHERE task_id = %s AND stage = 1 AND available_at > now()",
        (task_id,),
    ).rowcount
