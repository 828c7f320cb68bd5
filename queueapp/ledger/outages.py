"""Since when Redis cannot be reached, as the workers see it: noted in the ledger, where everybody can read it."""

from __future__ import annotations

from datetime import UTC, datetime

from queueapp.ledger.items import Conn

_FACT = "redis_unreachable_since"


def note_redis_away(conn: Conn) -> None:
    """Remember that Redis cannot be reached; the first to say so sets the time."""
    conn.execute(
        "INSERT INTO queue_facts (name, value) VALUES (%s, to_jsonb(now())) ON CONFLICT DO NOTHING", (_FACT,)
    )


def note_redis_back(conn: Conn) -> None:
    """Forget it, since Redis answers."""
    conn.execute("DELETE FROM queue_facts WHERE name = %s", (_FACT,))


def redis_away_since(conn: Conn) -> datetime | None:
    """Return since when Redis cannot be reached; None while it can."""
    row = conn.execute("SELECT value #>> '{}' FROM queue_facts WHERE name = %s", (_FACT,)).fetchone()
    return datetime.fromisoformat(row[0]).astimezone(UTC) if row else None
