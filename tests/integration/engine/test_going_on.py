"""A worker goes on by itself: with what waits behind the window, and with claims whose answer was lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.dispatch.window import WINDOW
from queueapp.execution.process import WorkerProcess
from queueapp.ledger.claims import Claim, claim_items
from queueapp.priorities import LANES, Priority
from queueapp.services.enqueue import NewTask, create_task
from tests.waiting import eventually

THREADS = 2


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[WorkerProcess]:
    """A worker process without its maintenance, which looks at all lanes each second."""
    process = WorkerProcess(runtime, "a process", LANES, THREADS, lambda: ())
    process.fetcher.worker_id = process._heartbeat.register()
    lane = process.fetcher.lanes["normal"]

    def perform() -> None:
        while not process.fetcher.stopping:
            if lane.qsize():
                process.runner.run_message(*lane.get().args)
                process.fetcher.release()
            else:
                threading.Event().wait(0.001)

    for part in [process.fetcher.run, process._writer.run, process._watch.run, *[perform] * THREADS]:
        process._threads.append(threading.Thread(target=part, daemon=True))
    for thread in process._threads:
        thread.start()
    yield process
    process.drain(0)
    process.stop()
    process._heartbeat._conn.drop()


def run(runtime: Runtime, count: int) -> None:
    """Have a task of so many items done."""
    task_id = create_task(runtime, NewTask("noop", [{}] * count, priority=Priority.NORMAL)).task_id

    def completed() -> bool:
        with runtime.transaction() as session:
            statement = sa.text("SELECT completed_items FROM queue_tasks WHERE id = :id")
            return bool(session.scalar(statement, {"id": task_id}) == count)

    eventually(completed, what=f"{count} completed items")


@pytest.mark.usefixtures("worker")
def test_a_worker_goes_on_with_what_was_behind_the_window(runtime: Runtime) -> None:
    run(runtime, 1)  # as it starts, it looks at every lane by itself
    run(runtime, 60 * WINDOW)


@pytest.mark.usefixtures("worker")
def test_a_claim_whose_answer_was_lost_is_made_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[int] = []

    def claim_and_lose(*args: Any, **options: Any) -> dict[int, Claim]:
        claimed = claim_items(*args, **options)
        if not lost:
            lost.extend(claimed)
            raise psycopg.OperationalError("the connection was cut")
        return claimed

    monkeypatch.setattr("queueapp.execution.fetcher.claim_items", claim_and_lose)
    run(runtime, 3)
    assert lost
    with runtime.transaction() as session:
        attempts = session.scalars(sa.text("SELECT attempt FROM queue_items")).all()
    assert attempts == [1, 1, 1]
