"""The counts on a task are those of its items, whatever a worker says of one that it has started."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from queueapp import db
from queueapp.ledger import claims, dispatchable, items, tasks, workers
from queueapp.ledger.outcomes import Move, Outcome, apply_outcomes

Conn = psycopg.Connection[Any]
COUNTS = """
SELECT completed_items, failed_items, skipped_items, canceled_items, running_items, total_items FROM queue_tasks
"""
ITEMS = """
SELECT count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'),
    count(*) FILTER (WHERE status = 'skipped'), count(*) FILTER (WHERE status = 'canceled'),
    count(*) FILTER (WHERE status = 'running'), count(*) FROM queue_items
"""


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with db.connect(database_url) as connection:
        yield connection


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize("move", [one for one in Move if one is not Move.STARTED])
def test_counts_are_those_of_the_items(conn: Conn, move: Move, started: bool) -> None:
    rows = [items.NewRow("noop", "{}", 3) for _ in range(3)]
    with conn.transaction():
        tasks.insert_task(conn, tasks.NewTaskRow("noop", "t", 5), rows)
    dispatchable.dispatch_ready(conn, 2, 10, {"noop": 1.0})
    worker = workers.register(conn, broker_id="b", host="h", pid=1, lanes=["normal"], threads=1)
    ids = [row[0] for row in conn.execute("SELECT id FROM queue_items").fetchall()]
    held = list(claims.claim_items(conn, worker, ids).values())
    assert len(held) == 3
    for said in ([Move.STARTED] if started else []) + [move, move]:
        outcomes = [Outcome(one.item_id, one.task_id, one.number, worker, said, 0.5) for one in held]
        with conn.transaction():
            apply_outcomes(conn, outcomes)
        assert conn.execute(COUNTS).fetchone() == conn.execute(ITEMS).fetchone()
