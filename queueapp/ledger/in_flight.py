"""Reads of what is out: items handed to Redis or claimed, to compare them with Redis and with the workers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from psycopg.rows import class_row
from pydantic import BaseModel, Field

from queueapp.ledger.items import Conn
from queueapp.ledger.workers import LEASE_SECONDS


class Undelivered(BaseModel):
    """An item that was dispatched and is claimed by nobody."""

    item_id: int
    task_id: int
    operation: str
    dispatched_at: datetime


class SilentWorker(BaseModel):
    """A worker that does not beat, or is gone and still holds items."""

    worker_id: int
    host: str | None = Field(description="Null: the worker is unknown")
    pid: int | None
    state: str | None
    heartbeat_at: datetime | None
    items: int = Field(description="How many it holds")


def still_undelivered(conn: Conn, ids: Collection[int], older_than_seconds: float) -> list[Undelivered]:
    """Return those of the given items that nobody has claimed since they were dispatched so long ago."""
    with conn.cursor(row_factory=class_row(Undelivered)) as cursor:
        return cursor.execute(
            """
            SELECT id AS item_id, task_id, type AS operation, dispatched_at FROM queue_items
            WHERE id = ANY(%s) AND stage + 0 = 3 AND worker_id IS NULL
                AND dispatched_at <= now() - make_interval(secs => %s)
            ORDER BY id
            """,
            (list(ids), older_than_seconds),
        ).fetchall()


def dispatched_of(conn: Conn, ids: Collection[int]) -> set[int]:
    """Return those of the given items that are dispatched, claimed or not."""
    # `stage + 0` keeps the planner from walking the index of all that is dispatched.
    rows = conn.execute("SELECT id FROM queue_items WHERE id = ANY(%s) AND stage + 0 = 3", (list(ids),))
    return {int(row[0]) for row in rows.fetchall()}


def held_by_silent_workers(conn: Conn) -> list[SilentWorker]:
    """Return the workers that hold items though dead, stopped or unknown, and all without heartbeat for a lease."""
    with conn.cursor(row_factory=class_row(SilentWorker)) as cursor:
        return cursor.execute(
            """
            SELECT i.worker_id, w.host, w.pid, w.state, w.heartbeat_at, count(*) AS items
            FROM queue_items i LEFT JOIN queue_workers w ON w.id = i.worker_id
            WHERE i.stage = 3 AND i.worker_id <> 0 AND (w.id IS NULL OR w.state IN ('dead', 'stopped')
                OR w.heartbeat_at < now() - make_interval(secs => %(lease)s))
            GROUP BY i.worker_id, w.id
            UNION ALL
            SELECT w.id, w.host, w.pid, w.state, w.heartbeat_at, 0 FROM queue_workers w
            WHERE w.state IN ('running', 'draining') AND w.heartbeat_at < now() - make_interval(secs => %(lease)s)
                AND NOT EXISTS (SELECT FROM queue_items i WHERE i.stage = 3 AND i.worker_id = w.id)
            ORDER BY 1
            """,
            {"lease": LEASE_SECONDS},
        ).fetchall()
