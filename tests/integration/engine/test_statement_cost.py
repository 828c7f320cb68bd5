"""What the statements of the hot path read: their own few rows, however many others their task has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from queueapp import db
from queueapp.ledger import claims, dispatchable, items, outcomes, queries, tasks, workers
from queueapp.ledger.arrays import numbers

Conn = psycopg.Connection[Any]
#: Items of the task, and those of them that a statement is about.
MANY, FEW = 5000, 8
#: How often a statement may come to each of those.
LOOKS = 10


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    with db.connect(database_url, durable=False) as connection:
        # Statistics know nothing of what comes now, as with any table that grows quickly.
        connection.execute("ALTER TABLE queue_items SET (autovacuum_enabled = off)")
        yield connection


@pytest.fixture
def out(conn: Conn) -> list[int]:
    """Ids of items that were all handed out."""
    rows = [items.NewRow("noop", "{}", 1) for _ in range(MANY)]
    tasks.insert_task(conn, tasks.NewTaskRow("noop", "t", 5), rows)
    conn.execute("ANALYZE queue_tasks")
    handed: list[int] = []
    while len(handed) < MANY:
        handed += [one.id for one in dispatchable.dispatch_ready(conn, 2, 250.0, {"noop": 1.0})]
    return handed


def worker(conn: Conn) -> int:
    return workers.register(conn, broker_id="b", host="h", pid=1, lanes=["normal"], threads=1)


def claiming(conn: Conn, out: list[int]) -> Mapping[str, Any]:
    return {"worker": worker(conn), "ids": numbers(out[:FEW]), "again": False}


def giving_back(conn: Conn, out: list[int]) -> Mapping[str, Any]:
    conn.execute("INSERT INTO queue_pauses (scope) VALUES ('noop')")
    return {"ids": numbers(out[:FEW])}


def completing(conn: Conn, out: list[int]) -> Mapping[str, Any]:
    held = claims.claim_items(conn, worker(conn), out)
    ended = [
        outcomes.Outcome(one.item_id, one.task_id, one.number, 1, outcomes.Move.COMPLETED, 0.1)
        for one in list(held.values())[:FEW]
    ]
    return outcomes._columns(ended)


def rows_read(plan: dict[str, Any]) -> float:
    """The rows of items that a plan's nodes have looked at."""
    below = sum(rows_read(node) for node in plan.get("Plans", ()))
    if plan.get("Relation Name") != "queue_items" or plan["Node Type"] == "ModifyTable":
        return below
    passed_over = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return float(below + (plan["Actual Rows"] + passed_over) * plan["Actual Loops"])


@pytest.mark.parametrize(
    ("statement", "given"),
    [("claim_items", claiming), ("return_paused", giving_back), ("apply_outcomes", completing)],
)
def test_a_statement_about_few_items_reads_no_others(
    conn: Conn, out: list[int], statement: str, given: Callable[[Conn, list[int]], Mapping[str, Any]]
) -> None:
    explain = "EXPLAIN (ANALYZE, FORMAT JSON) " + queries.load(statement)
    row = conn.execute(explain, given(conn, out)).fetchone()
    assert row is not None
    assert rows_read(row[0][0]["Plan"]) < FEW * LOOKS
