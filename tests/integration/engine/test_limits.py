"""Limits that operations declare: how many of their items are handed out, and in which lane."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pydantic import BaseModel

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import claims, dispatchable, items, tasks, workers
from queueapp.ledger.outcomes import Move, Outcome, apply_outcomes
from queueapp.operations import Limits, Operation
from queueapp.services import enqueue

Conn = psycopg.Connection[Any]


class Nothing(BaseModel):
    """No payload."""


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with db.connect(database_url, durable=False) as connection:
        yield connection


def _task(conn: Conn, count: int) -> int:
    rows = [items.NewRow("limited", "{}", 1) for _ in range(count)]
    return tasks.insert_task(conn, tasks.NewTaskRow("limited", "t", 5), rows).task_id


def _in_flight(conn: Conn) -> int:
    row = conn.execute("SELECT count(*) FROM queue_items WHERE stage = 3").fetchone()
    assert row
    return int(row[0])


def test_no_more_than_the_limit_is_in_flight_whoever_hands_out(conn: Conn, database_url: str) -> None:
    _task(conn, 200)
    seen: list[int] = []

    def hand_out() -> None:
        with db.connect(database_url, durable=False) as own:
            for _ in range(30):
                dispatchable.dispatch_limited(own, 2, "limited", Limits(3, None))
                seen.append(_in_flight(own))
                own.execute(
                    "UPDATE queue_items SET stage = 4, status = 'completed', finished_at = now() WHERE id = "
                    "(SELECT id FROM queue_items WHERE stage = 3 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
                )

    threads = [threading.Thread(target=hand_out) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(seen) == 3


def test_items_that_have_started_make_room_for_others_to_wait_for_their_turn(conn: Conn) -> None:
    worker = workers.register(conn, broker_id="b", host="h", pid=1, lanes=["normal"], threads=1)
    _task(conn, 5)
    limits = Limits(None, 1)
    (first,) = dispatchable.dispatch_limited(conn, 2, "limited", limits)
    assert dispatchable.dispatch_limited(conn, 2, "limited", limits) == []
    claim = claims.claim_items(conn, worker, [first.id])[first.id]
    started = Outcome(first.id, claim.task_id, claim.number, worker, Move.STARTED, elapsed_seconds=0.1)
    with conn.transaction():
        apply_outcomes(conn, [started])
    (second,) = dispatchable.dispatch_limited(conn, 2, "limited", limits)
    assert second.index == 1


def test_limits_that_make_no_sense_are_refused() -> None:
    for wrong in ({"lane": "fast"}, {"max_concurrency": 0}, {"rate_limit": -1}, {"timeout_seconds": 0}):
        with pytest.raises(ValueError, match="operation 'x'"):
            Operation("x", Nothing, lambda payload, context: None, "Does nothing.", **wrong)  # type: ignore[arg-type]


def test_a_task_takes_the_lane_of_its_operation_unless_somebody_says_otherwise(runtime: Runtime) -> None:
    runtime.registry.add(
        Operation(
            "test_laned", Nothing, lambda payload, context: None, "Does nothing.", lane="low", public=False
        )
    )
    quiet = enqueue.create_task(runtime, enqueue.NewTask("test_laned", [{}])).task_id
    loud = enqueue.create_task(runtime, enqueue.NewTask("test_laned", [{}], priority=1)).task_id
    with runtime.transaction() as session:
        rows = db.raw(session).execute("SELECT id, priority FROM queue_tasks").fetchall()
    assert dict(rows) == {quiet: 8, loud: 1}
