"""Records what became of claimed items, many at once: rows, counts, freed slots and follow-up items in one commit."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from psycopg.rows import dict_row

from queueapp import states
from queueapp.ledger import dependencies, items, queries
from queueapp.ledger.arrays import booleans, numbers, texts
from queueapp.ledger.items import Conn, NewRow


class Move(enum.StrEnum):
    """What a worker says of an item it holds."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELED = "canceled"
    #: try again after `delay_seconds`
    RETRY = "retry"
    #: given back unused
    RELEASED = "released"


@dataclass(slots=True)
class Outcome:
    """What became of one claimed item. Times are seconds; `result` and `error` are JSON text."""

    item_id: int
    task_id: int
    claim_number: int
    worker_id: int
    move: Move
    #: how long it ran; None: it never started
    elapsed_seconds: float | None = None
    result: str | None = None
    error: str | None = None
    delay_seconds: float = 0.0
    uses_attempt: bool = True
    grows: bool = False
    #: its worker died while it ran
    crashed: bool = False
    #: and its worker ran nothing else
    alone: bool = False
    follow_ups: Sequence[NewRow] = ()


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A task as it stands after a batch, for the events that tell of it."""

    id: int
    type: str
    title: str
    status: str
    status_before: str
    total_items: int
    completed_items: int
    failed_items: int
    skipped_items: int
    canceled_items: int
    running_items: int
    growing_items: int
    open: bool
    max_parallel: int | None
    #: by itself, its operation or everything
    paused: bool
    #: until its last retry is due
    due_seconds: float
    message: str | None
    pace_seconds: float | None
    #: a required item has failed, and those not started are to be canceled
    stops: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether the task is terminal."""
        return self.status in states.TASK_TERMINAL


@dataclass(slots=True)
class Applied:
    """The tasks that changed, and the lanes that have items ready to be dispatched because of it."""

    tasks: list[TaskChange] = field(default_factory=list)
    ready_lanes: set[int] = field(default_factory=set)


def apply_outcomes(conn: Conn, outcomes: Sequence[Outcome]) -> Applied:
    """Record outcomes; the caller opens the transaction. Claims that were overtaken change nothing.

    At most one outcome an item. Task rows are locked in id order, so that any number of processes may do this at
    once and a cancel falls wholly before or wholly after.
    """
    applied = Applied()
    if not outcomes:
        return applied
    adding = [one for one in outcomes if one.follow_ups]
    # Many items are copied, which no pipeline can do.
    with nullcontext() if adding else conn.pipeline(), conn.cursor(row_factory=dict_row) as cursor:
        conn.execute(
            "SELECT FROM queue_tasks WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
            (numbers(sorted({one.task_id for one in outcomes})),),
        )
        if adding:
            applied.ready_lanes |= _insert_follow_ups(conn, adding)
        for row in cursor.execute(queries.load("apply_outcomes"), _columns(outcomes)).fetchall():
            applied.ready_lanes.update(row.pop("ready_lanes") or ())
            applied.tasks.append(TaskChange(**row))
    applied.tasks = [stop_unstarted(conn, one) if one.stops else one for one in applied.tasks]
    ended = {one.id: one.status for one in applied.tasks if one.status != one.status_before and one.has_ended}
    applied.ready_lanes |= dependencies.settle(conn, ended)
    return applied


def stop_unstarted(conn: Conn, change: TaskChange) -> TaskChange:
    """Cancel the items of a task that nobody has claimed, since a required one failed; return the task after it."""
    row = conn.execute(queries.load("stop_unstarted"), {"task_id": change.id}).fetchone()
    if row is None:
        return change
    return dataclasses.replace(change, status=row[0], canceled_items=row[1])


def _columns(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        "ids": numbers([one.item_id for one in outcomes]),
        "claims": numbers([one.claim_number for one in outcomes]),
        "workers": numbers([one.worker_id for one in outcomes]),
        "moves": texts([one.move.value for one in outcomes]),
        "elapsed": numbers([one.elapsed_seconds for one in outcomes]),
        "results": texts([one.result for one in outcomes]),
        "errors": texts([one.error for one in outcomes]),
        "delays": numbers([one.delay_seconds for one in outcomes]),
        "uses_attempt": booleans([one.uses_attempt for one in outcomes]),
        "grows": booleans([one.grows for one in outcomes]),
        "crashed": booleans([one.crashed for one in outcomes]),
        "alone": booleans([one.alone for one in outcomes]),
    }


def _insert_follow_ups(conn: Conn, outcomes: Sequence[Outcome]) -> set[int]:
    """Insert the follow-up items of outcomes whose claim still holds; return the lanes they went to."""
    # Joins keep this order (db.CONNECT_ARGS): the few outcomes first, then each one's item by its id.
    holding = {
        row[0]
        for row in conn.execute(
            """
            SELECT i.id FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS d(id, claim, worker)
            JOIN queue_items i ON
                i.id = d.id AND i.claim_number = d.claim AND i.worker_id = d.worker AND i.stage + 0 = 3
            JOIN queue_tasks t ON t.id = i.task_id
            WHERE t.status <> 'canceled' AND i.cancel_requested_at IS NULL
            """,
            (
                [one.item_id for one in outcomes],
                [one.claim_number for one in outcomes],
                [one.worker_id for one in outcomes],
            ),
        ).fetchall()
    }
    lanes = set()
    for one in outcomes:
        locked = items.lock_frame(conn, one.task_id) if one.item_id in holding else None
        if locked is not None:
            items.insert_items(conn, locked[2], one.follow_ups)
            lanes.add(locked[2].lane)
    return lanes
