"""Adds items to tasks; with tasks.py and outcomes.py the only writer of item rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from queueapp.priorities import lane_of
from queueapp.states import Stage

Conn = psycopg.Connection[Any]

#: From this many rows on COPY is faster than one INSERT.
COPY_FROM = 200

_COLUMNS = (
    'task_id, "index", type, title, subject, stage, lane, optional, barrier, payload, max_attempts, '
    "available_at, concurrency_key"
)


@dataclass(frozen=True, slots=True)
class NewRow:
    """An item as it is stored; `payload` is JSON text that has passed its operation's model."""

    type: str
    payload: str
    max_attempts: int
    title: str | None = None
    subject: str | None = None
    optional: bool = False
    barrier: bool = False
    concurrency_key: str | None = None
    grows: bool = False


@dataclass(frozen=True, slots=True)
class TaskFrame:
    """What of a locked task decides how its new items are stored."""

    id: int
    lane: int
    next_index: int
    free_slots: int | None
    scheduled_for: datetime | None
    #: waits for other tasks
    blocked: bool = False

    def stage_of(self, row: NewRow, place: int) -> Stage:
        """Return the stage of the `place`-th new item that is not a barrier."""
        if self.blocked or row.barrier or (self.free_slots is not None and place >= self.free_slots):
            return Stage.HELD
        return Stage.WAITING if self.scheduled_for else Stage.READY


@dataclass(frozen=True, slots=True)
class Placed:
    """The stages in which the first items of a new task are stored, and the slots they take."""

    stages: list[int]
    slots_used: int


class Limits(Protocol):
    """What of a new task decides in which stages its items are stored."""

    max_parallel: int | None
    scheduled_for: datetime | None
    pending_dependencies: int


def place_of(task: Limits, rows: Sequence[NewRow], *, dispatched: bool) -> Placed:
    """Return the stages of the items of a new task."""
    blocked = task.pending_dependencies > 0
    frame = TaskFrame(0, 0, 0, task.max_parallel, task.scheduled_for, blocked)
    stages, place = [], 0
    for row in rows:
        stage = frame.stage_of(row, place)
        place += not row.barrier
        stages.append(int(Stage.DISPATCHED if dispatched and stage is Stage.READY else stage))
    return Placed(stages, 0 if task.max_parallel is None or blocked else min(task.max_parallel, place))


def insert_items(conn: Conn, frame: TaskFrame, rows: Sequence[NewRow]) -> None:
    """Insert items at the end of a task and raise its totals; the task's row is locked by the caller."""
    if not rows:
        return
    place = 0
    records: list[tuple[Any, ...]] = []
    for offset, row in enumerate(rows):
        stage = frame.stage_of(row, place)
        place += not row.barrier
        records.append(
            (
                frame.id, frame.next_index + offset, row.type, row.title, row.subject, int(stage), frame.lane,
                row.optional, row.barrier, row.payload, row.max_attempts, frame.scheduled_for, row.concurrency_key,
            )
        )  # fmt: skip
    _store(conn, records)
    conn.execute(
        """
        UPDATE queue_tasks SET total_items = total_items + %s, pending_barriers = pending_barriers + %s,
            growing_items = growing_items + %s,
            slots_used = CASE WHEN max_parallel IS NULL THEN 0 ELSE least(max_parallel, slots_used + %s) END,
            message = coalesce(%s, message), updated_at = now()
        WHERE id = %s
        """,
        (
            len(rows),
            sum(r.barrier for r in rows),
            sum(r.grows for r in rows),
            0 if frame.blocked else place,
            # The percentage falls by it, so it is said.
            f"found {len(rows)} more" if frame.next_index else None,
            frame.id,
        ),
    )


def _store(conn: Conn, records: list[tuple[Any, ...]]) -> None:
    if len(records) < COPY_FROM:
        with conn.cursor() as cursor:
            holes = ", ".join(["%s"] * len(records[0]))
            cursor.executemany(f"INSERT INTO queue_items ({_COLUMNS}) VALUES ({holes})", records)  # noqa: S608
        return
    with conn.cursor() as cursor, cursor.copy(f"COPY queue_items ({_COLUMNS}) FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)


def lock_frame(conn: Conn, task_id: int) -> tuple[str, bool, TaskFrame] | None:
    """Lock a task's row and return its status, whether it is open, and its frame; None when there is no such task."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """
            SELECT status, open, priority, total_items, max_parallel, slots_used, pending_dependencies,
                CASE WHEN scheduled_for > now() THEN scheduled_for END AS scheduled_for
            FROM queue_tasks WHERE id = %s FOR NO KEY UPDATE
            """,
            (task_id,),
        ).fetchone()
    if row is None:
        return None
    return row["status"], row["open"], frame_of(task_id, row)


def frame_of(task_id: int, row: dict[str, Any]) -> TaskFrame:
    """Return the frame of a task from its columns."""
    limit = row["max_parallel"]
    return TaskFrame(
        id=task_id,
        lane=lane_of(row["priority"]),
        next_index=row["total_items"],
        free_slots=None if limit is None else max(limit - row["slots_used"], 0),
        scheduled_for=row["scheduled_for"],
        blocked=row["pending_dependencies"] > 0,
    )


def json_bytes(text: str) -> int:
    """Return the size of JSON text as people count it: in UTF-8, with characters as they are."""
    if "\\u" not in text:
        return len(text)
    return len(
        json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    )


def as_json(value: Any) -> str:
    """Return JSON text that PostgreSQL takes: compact, and NUL characters (which jsonb refuses) replaced."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, default=str).replace(
        "\\u0000", "\\ufffd"
    )
