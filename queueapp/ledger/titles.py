"""Changes what a task is called."""

from __future__ import annotations

from queueapp import errors
from queueapp.ledger.items import Conn


def set_title(conn: Conn, task_id: int, title: str) -> None:
    """Give a task another title, whatever its status; raises NotFound."""
    found = conn.execute(
        "UPDATE queue_tasks SET title = %s, updated_at = now() WHERE id = %s", (title, task_id)
    )
    if not found.rowcount:
        raise errors.NotFound(f"there is no task {task_id}")
