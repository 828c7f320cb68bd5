"""What the relay repaired last, remembered over restarts."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from queueapp.ledger.items import Conn

_FACT = "relay_last_repair"


class Repair(BaseModel):
    """The last time that items lost on their way were handed out again."""

    count: int = Field(description="Items handed out again this last time")
    reason: str
    at: datetime
    total: int = Field(description="Items handed out again since the database was made")


def note_repair(conn: Conn, count: int, reason: str) -> None:
    """Remember a repair of now as the last, and add its items to the total."""
    conn.execute(
        """
        INSERT INTO queue_facts AS f (name, value)
        VALUES (%(name)s, jsonb_build_object(
            'count', %(count)s::bigint, 'reason', %(reason)s::text, 'at', now(), 'total', %(count)s::bigint))
        ON CONFLICT (name) DO UPDATE SET updated_at = now(),
            value = excluded.value || jsonb_build_object('total', (f.value->>'total')::bigint + %(count)s::bigint)
        """,
        {"name": _FACT, "count": count, "reason": reason},
    )


def last_repair(conn: Conn) -> Repair | None:
    """Return the last repair; None when there never was one."""
    row = conn.execute("SELECT value FROM queue_facts WHERE name = %s", (_FACT,)).fetchone()
    if row is None:
        return None
    stored = Repair.model_validate(row[0])
    return stored.model_copy(update={"at": stored.at.astimezone(UTC)})  # written in the server's time zone
