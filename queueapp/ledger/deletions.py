"""Deletes finished tasks so that it can be undone for a while; each function works in its caller's transaction.

Deleting takes the task's row out of the ledger and keeps it beside; its items have no meaning without it and stay
until the time is up. So nothing that lists, counts or exports tasks has to know of deleted ones.
"""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import sql
from psycopg.types.json import Jsonb

from queueapp.ledger.items import Conn

#: Items purged in one commit.
PURGE_BATCH = 5_000
#: Seconds after the end of the time to undo, so that an undo that has begun in time is not overtaken.
PURGE_DELAY_SECONDS = 3
#: How long a token is remembered, so that one used too late can be told from one that never was.
REMEMBERED_HOURS = 24


def set_aside(conn: Conn, token: str, task_id: int) -> bool:
    """Take a locked finished task out of the ledger; return False while some of it still stops."""
    row = conn.execute(
        """
        WITH dependencies AS (
            SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') AS rows
            FROM queue_task_dependencies d WHERE d.task_id = %(id)s
        ), gone AS (
            DELETE FROM queue_tasks t WHERE t.id = %(id)s
                AND finished_at IS NOT NULL AND running_items = 0 AND NOT unsettled
            RETURNING t.*
        )
        INSERT INTO undo_tasks (token, task_id, former)
        SELECT %(token)s, g.id, jsonb_build_object('task', to_jsonb(g), 'dependencies', d.rows)
        FROM gone g, dependencies d
        RETURNING task_id
        """,
        {"id": task_id, "token": token},
    ).fetchone()
    return row is not None


def put_back(conn: Conn, token: str) -> list[int]:
    """Put the tasks that were set aside under a token into the ledger again; return their ids."""
    ids = _insert_again(conn, "queue_tasks", "id", "former -> 'task'", token)
    dependencies: LiteralString = "jsonb_array_elements(former -> 'dependencies')"
    _insert_again(conn, "queue_task_dependencies", "task_id", dependencies, token)
    conn.execute("DELETE FROM undo_tasks WHERE token = %s", (token,))
    return ids


def purge(conn: Conn, batches: int = 20) -> int:
    """Delete the items of tasks whose deletion can no longer be undone, up to so many batches; return how many
    tasks are gone for good.

    `conn` commits each statement by itself; any number of processes may do this at once.
    """
    purged = 0
    for _ in range(batches):
        found = _next_to_purge(conn)
        if found is None:
            break
        token, task_id = found
        if not _purge_items(conn, task_id):
            conn.execute("DELETE FROM undo_tasks WHERE token = %s AND task_id = %s", (token, task_id))
            purged += 1
    conn.execute(
        "DELETE FROM undos WHERE expires_at < now() - make_interval(hours => %s)", (REMEMBERED_HOURS,)
    )
    return purged


def note_priority(conn: Conn, token: str, task_id: int, priority: int) -> None:
    """Remember the priority a task had."""
    conn.execute(
        "INSERT INTO undo_tasks (token, task_id, former) VALUES (%s, %s, %s)",
        (token, task_id, Jsonb({"priority": priority})),
    )


def _insert_again(conn: Conn, table: str, key: str, record: LiteralString, token: str) -> list[int]:
    columns = sql.SQL(", ").join(map(sql.Identifier, _columns(conn, table)))
    statement = sql.SQL(
        """
        INSERT INTO {table} ({columns})
        SELECT {columns} FROM (
            SELECT (jsonb_populate_record(NULL::{table}, each)).* FROM (
                SELECT {record} AS each FROM undo_tasks WHERE token = %s
            ) stored
        ) rows
        RETURNING {key}
        """
    ).format(table=sql.Identifier(table), columns=columns, record=sql.SQL(record), key=sql.Identifier(key))
    return [int(found) for (found,) in conn.execute(statement, (token,))]


def _columns(conn: Conn, table: str) -> list[str]:
    """The columns that can be written."""
    rows: list[tuple[Any, ...]] = conn.execute(
        """
        SELECT attname FROM pg_attribute
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
        """,
        (table,),
    ).fetchall()
    return [str(name) for (name,) in rows]


def _next_to_purge(conn: Conn) -> tuple[str, int] | None:
    return conn.execute(
        """
        SELECT t.token, t.task_id FROM undos u JOIN undo_tasks t USING (token)
        WHERE u.act = 'delete' AND u.undone_at IS NULL AND u.expires_at <= now() - make_interval(secs => %s)
        ORDER BY u.expires_at, t.task_id LIMIT 1
        """,
        (PURGE_DELAY_SECONDS,),
    ).fetchone()


def _purge_items(conn: Conn, task_id: int) -> int:
    row = conn.execute(
        """
        WITH gone AS (
            DELETE FROM queue_items WHERE id IN (
                SELECT id FROM queue_items WHERE task_id = %s ORDER BY "index" LIMIT %s) RETURNING id
        ), logs AS (DELETE FROM queue_item_logs l USING gone WHERE l.item_id = gone.id)
        SELECT count(*) FROM gone
        """,
        (task_id, PURGE_BATCH),
    ).fetchone()
    return int(row[0]) if row else 0
