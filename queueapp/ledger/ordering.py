"""The order of turns: tasks that share an ordering key run one after another, or a few at a time."""

from __future__ import annotations

from queueapp.ledger.items import Conn

#: Class of the advisory locks under which tasks of one ordering key take their places one after another.
LOCK = 0x6F72


def ahead(conn: Conn, ordering_key: str, at_once: int, besides: int = 0) -> list[int]:
    """Lock and return the tasks of an ordering key for whose ends one that comes now waits; none while there is room.

    They cannot end before the commit. Where one runs at a time, the last in the row waits for all others and stands
    for them. `besides` is a task that has a place already and is to get a new one; its row must not be locked yet.
    """
    conn.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, ordering_key))
    if at_once == 1:
        last = _last_of(conn, ordering_key, besides)
        return [] if last is None else [last]
    active = """
        SELECT id FROM queue_tasks WHERE ordering_key = %s AND status IN ('queued', 'running') AND id <> %s
        ORDER BY id FOR SHARE
    """
    found = conn.execute(active, (ordering_key, besides)).fetchall()
    return [row[0] for row in found] if len(found) >= at_once else []


def _last_of(conn: Conn, ordering_key: str, besides: int) -> int | None:
    """Lock and return the active task of an ordering key that is last in the row.

    That is the newest, or behind it an older one that was retried. One that ends while its lock is waited for is
    passed over in a new look: the one before it may still be active.
    """
    row_of_turns = """
        WITH RECURSIVE behind AS (
            SELECT max(id) AS id FROM queue_tasks
            WHERE ordering_key = %(key)s AND status IN ('queued', 'running') AND id <> %(besides)s
            UNION
            SELECT t.id FROM behind b
            JOIN queue_task_dependencies d ON d.depends_on_id = b.id AND NOT d.met
            JOIN queue_tasks t ON t.id = d.task_id
            WHERE t.ordering_key = %(key)s AND t.status IN ('queued', 'running') AND t.id <> %(besides)s
        )
        SELECT b.id FROM behind b WHERE NOT EXISTS (
            SELECT FROM queue_task_dependencies d JOIN behind o ON o.id = d.task_id
            WHERE d.depends_on_id = b.id AND NOT d.met)
    """
    still = "SELECT FROM queue_tasks WHERE id = %s AND status IN ('queued', 'running') FOR SHARE"
    while True:
        row = conn.execute(row_of_turns, {"key": ordering_key, "besides": besides}).fetchone()
        last: int | None = row[0] if row else None
        if last is None or conn.execute(still, (last,)).fetchone() is not None:
            return last
