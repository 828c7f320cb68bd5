"""Whether the database or Redis is why nothing moves."""

from __future__ import annotations

import psycopg
import redis

from queueapp.execution.connection import Connect

#: Another session of ours waits for a lock, or a migration locks the tables: starting anew would not help.
WAITING = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'queueapp' AND wait_event_type = 'Lock')
"""


def is_held_up(connect: Connect, client: redis.Redis) -> bool:
    """Return whether the database or Redis does not answer now, or keeps its users waiting."""
    try:
        client.ping()
        with connect(False) as conn:
            conn.execute("SET statement_timeout = '5s'")
            row = conn.execute(WAITING).fetchone()
            with conn.transaction(force_rollback=True):
                conn.execute("LOCK TABLE queue_items, queue_tasks IN ROW EXCLUSIVE MODE NOWAIT")
    except (psycopg.Error, redis.RedisError, OSError):
        return True
    return bool(row and row[0])
