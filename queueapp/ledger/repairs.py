"""What the relay repaired last, remembered over restarts."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from queueapp.ledger.items import Conn

_FACT = "relay_last_repair"
_HISTORY = "repairs"
#: So many repairs are remembered, the newest.
REMEMBERED = 50


class Repair(BaseModel):
    """The last time that items lost on their way were handed out again."""

    count: int = Field(description="Items handed out again this last time")
    reason: str
    at: datetime
    total: int = Field(description="Items handed out again since the database was made")


class Repaired(BaseModel):
    """Something that was put right."""

    at: datetime
    count: int = Field(description="Items concerned")
    what: str


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
    note_in_history(conn, count, f"handed out again: {reason}")


def note_in_history(conn: Conn, count: int, what: str) -> None:
    """Remember in words what was put right just now."""
    conn.execute(
        """
        INSERT INTO queue_facts AS f (name, value)
        VALUES (%(name)s, jsonb_build_array(jsonb_build_object(
            'at', now(), 'count', %(count)s::bigint, 'what', %(what)s::text)))
        ON CONFLICT (name) DO UPDATE SET updated_at = now(),
            value = jsonb_path_query_array(
                excluded.value || f.value, '$[0 to $last]', jsonb_build_object('last', %(last)s::int))
        """,
        {"name": _HISTORY, "count": count, "what": what, "last": REMEMBERED - 1},
    )


def history(conn: Conn) -> list[Repaired]:
    """Return what was put right lately, the newest first."""
    row = conn.execute("SELECT value FROM queue_facts WHERE name = %s", (_HISTORY,)).fetchone()
    found = [Repaired.model_validate(one) for one in row[0]] if row else []
    return [one.model_copy(update={"at": one.at.astimezone(UTC)}) for one in found]


def last_repair(conn: Conn) -> Repair | None:
    """Return the last repair; None when there never was one."""
    row = conn.execute("SELECT value FROM queue_facts WHERE name = %s", (_FACT,)).fetchone()
    if row is None:
        return None
    stored = Repair.model_validate(row[0])
    return stored.model_copy(update={"at": stored.at.astimezone(UTC)})  # written in the server's time zone
