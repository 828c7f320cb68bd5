"""What is kept of each attempt of an item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import claims, dispatchable, items, reads, tasks, workers
from queueapp.ledger.outcomes import Move, Outcome, apply_outcomes

Conn = psycopg.Connection[Any]
ERROR = '{"type": "ValueError", "message": "bad", "traceback": "%s"}'


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with db.connect(database_url, durable=False) as connection:
        yield connection


@pytest.fixture
def worker(conn: Conn) -> int:
    return workers.register(conn, broker_id="b", host="nas", pid=7, lanes=["normal"], threads=1)


def _task(conn: Conn, count: int = 1) -> int:
    rows = [items.NewRow("noop", "{}", 3) for _ in range(count)]
    return tasks.insert_task(conn, tasks.NewTaskRow("noop", "t", 5), rows).task_id


def _attempt(conn: Conn, worker: int, move: Move, **more: Any) -> Outcome:
    conn.execute("UPDATE queue_items SET available_at = now() WHERE stage = 1")
    dispatchable.promote_due(conn)
    (one,) = dispatchable.dispatch_ready(conn, 2, 1, {"noop": 1.0})
    claim = claims.claim_items(conn, worker, [one.id])[one.id]
    values: dict[str, Any] = {"elapsed_seconds": 0.5} | more
    outcome = Outcome(one.id, claim.task_id, claim.number, worker, move, **values)
    with conn.transaction():
        apply_outcomes(conn, [outcome])
    return outcome


def _attempts(conn: Conn) -> Any:
    row = conn.execute("SELECT attempts FROM queue_items ORDER BY id LIMIT 1").fetchone()
    assert row
    return row[0]


def test_an_item_that_completes_at_first_try_keeps_nothing(conn: Conn, worker: int) -> None:
    _task(conn)
    _attempt(conn, worker, Move.COMPLETED)
    assert _attempts(conn) is None


def test_failed_and_interrupted_attempts_are_kept_one_by_one_with_the_one_that_completes(
    conn: Conn, worker: int, runtime: Runtime
) -> None:
    task_id = _task(conn)
    _attempt(conn, worker, Move.RETRY, error=ERROR % ("x" * 9000), delay_seconds=1.0)
    _attempt(conn, worker, Move.RETRY, error=ERROR % "limit", delay_seconds=1.0, uses_attempt=False)
    _attempt(conn, worker, Move.RELEASED, uses_attempt=False)
    _attempt(conn, worker, Move.RETRY, error=ERROR % "lost", crashed=True)
    last = _attempt(conn, worker, Move.COMPLETED)
    kept = _attempts(conn)
    assert [(one["attempt"], one["outcome"]) for one in kept] == [
        (1, "failed"),
        (2, "interrupted"),
        (2, "crashed"),
        (3, "completed"),
    ]
    assert {one["worker"] for one in kept} == {"nas, process 7"}
    assert kept[0]["error"]["message"] == "bad"
    assert len(kept[0]["error"]["traceback"]) == 4000
    assert kept[1]["error"] is None
    with runtime.transaction() as session:
        shown = reads.get_item(session, task_id, last.item_id).attempts
    assert [one.outcome for one in shown] == ["failed", "interrupted", "crashed", "completed"]
    assert (shown[0].ended_at - shown[0].started_at).total_seconds() == pytest.approx(0.5, abs=0.1)


def test_only_the_last_twenty_attempts_are_kept(conn: Conn, worker: int) -> None:
    _task(conn)
    for _ in range(23):
        _attempt(conn, worker, Move.RETRY, error=ERROR % "", uses_attempt=True)
    assert [one["attempt"] for one in _attempts(conn)] == list(range(4, 24))


def test_a_canceled_item_says_how_long_it_took_to_stop(conn: Conn, worker: int) -> None:
    task_id = _task(conn)
    (one,) = dispatchable.dispatch_ready(conn, 2, 1, {"noop": 1.0})
    claim = claims.claim_items(conn, worker, [one.id])[one.id]
    tasks.cancel_task(conn, task_id, "me")
    outcome = Outcome(one.id, task_id, claim.number, worker, Move.CANCELED, elapsed_seconds=9.0)
    with conn.transaction():
        apply_outcomes(conn, [outcome])
    row = conn.execute("SELECT message FROM queue_items").fetchone()
    assert row
    assert row[0].startswith("stopped after 0.")
    assert [one["outcome"] for one in _attempts(conn)] == ["canceled"]
