"""Writes what actors tell while they run: progress, steps and log lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from queueapp.ledger.items import Conn

#: Log lines kept of one item; the line after the last says that the rest was cut.
MAX_LOG_LINES = 10_000
MAX_LINE_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Report:
    """The newest progress of a running item."""

    item_id: int
    claim_number: int
    worker_id: int
    progress: float
    message: str | None
    step: int | None
    total_steps: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A log line."""

    item_id: int
    level: str
    message: str
    age_seconds: float


def record_reports(conn: Conn, reports: Sequence[Report]) -> None:
    """Store the newest progress of running items whose claim still holds, and their message on the task."""
    if not reports:
        return
    conn.execute(
        """
        WITH told AS (
            UPDATE queue_items i SET progress = d.progress, message = coalesce(d.message, i.message),
                step = coalesce(d.step, i.step), total_steps = coalesce(d.total_steps, i.total_steps)
            FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::real[], %s::text[], %s::int[], %s::int[])
                AS d(id, claim, worker, progress, message, step, total_steps)
            WHERE i.id = d.id AND i.claim_number = d.claim AND i.worker_id = d.worker AND i.stage + 0 = 3
            RETURNING i.task_id, d.message
        ), newest AS (SELECT task_id, max(message) AS message FROM told WHERE message IS NOT NULL GROUP BY task_id)
        UPDATE queue_tasks t SET message = n.message, updated_at = now()
        FROM newest n WHERE t.id = n.task_id AND t.status IN ('queued', 'running')
        """,
        (
            [r.item_id for r in reports], [r.claim_number for r in reports], [r.worker_id for r in reports],
            [r.progress for r in reports], [r.message for r in reports], [r.step for r in reports],
            [r.total_steps for r in reports],
        ),
    )  # fmt: skip


def record_lines(conn: Conn, lines: Sequence[Line]) -> None:
    """Append log lines to their items, numbered on from the last; beyond the bound a last line says `truncated`."""
    if not lines:
        return
    conn.execute(
        """
        WITH said AS (
            SELECT *, row_number() OVER (PARTITION BY item_id ORDER BY place) AS nth
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[]) WITH ORDINALITY
                AS d(item_id, level, message, age, place)
        ), last AS (
            SELECT s.item_id, coalesce(
                (SELECT max(seq) FROM queue_item_logs l WHERE l.item_id = s.item_id), 0) AS seq
            FROM (SELECT DISTINCT item_id FROM said) s
        )
        INSERT INTO queue_item_logs (item_id, seq, at, level, message)
        SELECT s.item_id, l.seq + s.nth, clock_timestamp() - make_interval(secs => s.age), s.level,
            CASE WHEN l.seq + s.nth = %s + 1 THEN 'truncated: an item keeps no more log lines' ELSE s.message END
        FROM said s JOIN last l USING (item_id) WHERE l.seq + s.nth <= %s + 1
        ON CONFLICT DO NOTHING
        """,
        (
            [one.item_id for one in lines], [one.level for one in lines],
            [one.message[:MAX_LINE_CHARACTERS].replace("\x00", "\ufffd") for one in lines],
            [one.age_seconds for one in lines], MAX_LOG_LINES, MAX_LOG_LINES,
        ),
    )  # fmt: skip


def add_warning(conn: Conn, task_id: int, message: str) -> None:
    """Add a warning to a task, at most a hundred and each once."""
    conn.execute(
        """
        UPDATE queue_tasks SET warnings = warnings || to_jsonb(%(message)s::text), updated_at = now()
        WHERE id = %(id)s AND jsonb_array_length(warnings) < 100 AND NOT warnings @> to_jsonb(%(message)s::text)
        """,
        {"id": task_id, "message": message},
    )


def now(conn: Conn) -> datetime:
    """Return the database's time, the only clock that counts."""
    row = conn.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]
