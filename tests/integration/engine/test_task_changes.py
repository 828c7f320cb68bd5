"""What a commit says of a task is enough to tell its time of arrival as the API does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queueapp import db
from queueapp.events.publish import task_event, view_event
from queueapp.ledger import claims, dispatchable, items, pauses, reads, tasks, workers
from queueapp.ledger.items import Conn
from queueapp.ledger.outcomes import Move, Outcome, TaskChange, apply_outcomes
from queueapp.runtime import Runtime

FINISHED = 8


class Ledger:
    """A task of 20 items of which one worker holds ten."""

    def __init__(self, conn: Conn, runtime: Runtime, *, open_task: bool = False) -> None:
        rows = [items.NewRow("noop", "{}", 3) for _ in range(20)]
        self._conn = conn
        self._runtime = runtime
        self.task_id = tasks.insert_task(conn, tasks.NewTaskRow("noop", "t", 5, open=open_task), rows).task_id
        self._worker = workers.register(conn, broker_id="b", host="h", pid=1, lanes=["normal"], threads=1)
        ids = [one.id for one in dispatchable.dispatch_ready(conn, 2, 10, {"noop": 1.0})]
        self._held = list(claims.claim_items(conn, self._worker, ids).values())

    def record(self, move: Move, count: int, delay_seconds: float = 0.0) -> TaskChange:
        """Record the same outcome of some held items, one commit each; return the task after the last."""
        for _ in range(count):
            claim = self._held.pop()
            outcome = Outcome(claim.item_id, claim.task_id, claim.number, self._worker, move, 0.1)
            outcome.delay_seconds = delay_seconds
            with self._conn.transaction():
                [change] = apply_outcomes(self._conn, [outcome]).tasks
        return change

    def eta_by_the_api(self) -> int | None:
        """The time of arrival that the task's page and the API show."""
        with self._runtime.transaction() as session:
            return view_event(reads.get_task(session, self.task_id)).eta_seconds


@pytest.fixture
def conn(runtime: Runtime) -> Iterator[Conn]:
    with db.connect(runtime.settings.database_url or "", durable=False) as connection:
        yield connection


@pytest.fixture
def ledger(conn: Conn, runtime: Runtime) -> Ledger:
    return Ledger(conn, runtime)


def test_it_knows_the_pace(ledger: Ledger) -> None:
    assert task_event(ledger.record(Move.COMPLETED, FINISHED)).eta_seconds is not None


def test_it_knows_when_the_last_retry_is_due(ledger: Ledger) -> None:
    ledger.record(Move.RETRY, 1, delay_seconds=900)
    later = task_event(ledger.record(Move.COMPLETED, FINISHED)).eta_seconds
    assert later is not None
    assert 890 <= later <= 900
    assert abs(later - (ledger.eta_by_the_api() or 0)) <= 5


def test_it_knows_of_a_retry_of_the_same_commit(ledger: Ledger) -> None:
    ledger.record(Move.COMPLETED, FINISHED)
    eta = task_event(ledger.record(Move.RETRY, 1, delay_seconds=900)).eta_seconds
    assert eta is not None
    assert 890 <= eta <= 900


@pytest.mark.parametrize("scope", ["*", "noop"])
def test_a_paused_operation_has_no_end(ledger: Ledger, conn: Conn, scope: str) -> None:
    ledger.record(Move.COMPLETED, FINISHED - 1)
    pauses.pause(conn, scope, "anna")
    assert task_event(ledger.record(Move.COMPLETED, 1)).eta_seconds is None
    assert ledger.eta_by_the_api() is None


def test_an_open_task_has_no_end(conn: Conn, runtime: Runtime) -> None:
    ledger = Ledger(conn, runtime, open_task=True)
    assert task_event(ledger.record(Move.COMPLETED, FINISHED)).eta_seconds is None
