"""Workers killed, one and all, by others and by what they run: items run again in time, and a culprit alone."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.services import cancel
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, items, running, starts, task
from tests.faults.audit import Audit
from tests.faults.recoveries import Recoveries
from tests.waiting import eventually
from tests.workers import run_worker, supervised_workers

#: Seconds after its worker's death within which an item runs again (SPEC 2.13 c).
RESCUE_SECONDS = 20


def test_items_of_a_killed_worker_run_again_elsewhere(
    runtime: Runtime, audit: Audit, recoveries: Recoveries, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.2, "name": f"n{n}", "trace": str(trace)} for n in range(40)]
    with run_worker(runtime, actors=ACTORS) as first, run_worker(runtime, actors=ACTORS):
        task_id = create(runtime, payloads)
        eventually(
            lambda: _runs_something(runtime, first.worker_id), what="the first worker running some of them"
        )
        at = time.time()
        first.kill()
        view = finished(runtime, task_id, seconds=40)
        again = [one for one in items(runtime, task_id) if one.attempt == 2]
        recoveries.took(
            "kill -9 of a worker, until the last of its items runs again",
            audit.again(at, len(again)),
            within=RESCUE_SECONDS,
        )
        audit.check(task_id)
    assert (view.status, view.completed_items) == ("completed", 40)
    assert set(starts(trace)) == {f"n{n}" for n in range(40)}
    assert {one.attempt for one in items(runtime, task_id)} == {1, 2}


def test_everything_killed_and_started_again_completes_the_task(
    runtime: Runtime, audit: Audit, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.1, "name": f"n{n}", "trace": str(trace)} for n in range(40)]
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, payloads)
        running(runtime, task_id)
        worker.kill()
    with run_worker(runtime, actors=ACTORS):
        view = finished(runtime, task_id, seconds=40)
        audit.check(task_id)
    assert (view.status, view.completed_items, view.total_items) == ("completed", 40, 40)


@pytest.mark.timeout(240)
def test_an_item_that_kills_its_workers_is_failed_and_takes_nobody_with_it(
    runtime: Runtime, audit: Audit, recoveries: Recoveries, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with supervised_workers(runtime, actors=ACTORS, count=2):
        innocent = [{"do": "wait", "seconds": 0.5, "name": f"n{n}", "trace": str(trace)} for n in range(60)]
        culprit = {"do": "crash", "name": "culprit", "trace": str(trace), "seconds": 0.2}
        at = time.time()
        task_id = create(runtime, [*innocent[:3], culprit, *innocent[3:]])
        view = finished(runtime, task_id, seconds=200)
        recoveries.took(
            "an item that kills every worker it runs in, until it is failed", time.time() - at, within=120
        )
        audit.check(task_id)
    assert (view.status, view.failed_items, view.completed_items) == ("failed", 1, 60)
    assert "died while it ran this item and nothing else, for the 3rd time" in (view.error or "")
    assert starts(trace)["culprit"] in {4, 5}
    assert max(starts(trace)[f"n{n}"] for n in range(60)) <= 3


def test_an_item_that_wants_more_memory_than_there_is_fails_by_itself(
    runtime: Runtime, audit: Audit, tmp_path: Path
) -> None:
    with run_worker(runtime, actors=ACTORS) as worker:
        finished(runtime, create(runtime, [{"do": "complete"}] * 20))
        process = psutil.Process(worker.pid)
        bound = process.memory_info().vms + 2**30
        process.rlimit(psutil.RLIMIT_AS, (bound, bound))
        greedy = create(runtime, [{"do": "hoard", "count": 2**32}, {"do": "complete"}])
        modest = create(runtime, [{"do": "complete"}] * 100)
        view = finished(runtime, greedy)
        assert (view.failed_items, view.completed_items) == (1, 1)
        assert "MemoryError" in (view.error or "")
        assert finished(runtime, modest).completed_items == 100
        audit.check(greedy, modest)
        assert worker.process.poll() is None


def test_a_terminated_worker_gives_its_items_back_unused(
    runtime: Runtime, audit: Audit, recoveries: Recoveries
) -> None:
    with run_worker(runtime, actors=ACTORS, environ={"QUEUEAPP_WORKER__GRACE_SECONDS": "1"}) as worker:
        task_id = create(runtime, [{"do": "wait", "seconds": 60}] * 10)
        running(runtime, task_id, 4)
        at = time.time()
        assert worker.terminate() == 0
        recoveries.took(
            "SIGTERM with a grace of 1 s, until the exit with status 0", time.time() - at, within=10
        )
    view = task(runtime, task_id)
    assert (view.running_items, view.status) == (0, "running")
    assert {(one.status, one.attempt) for one in items(runtime, task_id)} == {("queued", 0)}
    with run_worker(runtime, actors=ACTORS):
        running(runtime, task_id, 4)
        cancel.cancel_task(runtime, task_id)
        audit.check(task_id)


def test_a_terminated_worker_lets_short_items_finish(runtime: Runtime, audit: Audit) -> None:
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, [{"do": "wait", "seconds": 1}] * 4)
        running(runtime, task_id, 4)
        assert worker.terminate() == 0
    assert task(runtime, task_id).completed_items == 4
    audit.check(task_id)


def test_a_stopped_worker_that_comes_back_overwrites_nothing(
    runtime: Runtime, audit: Audit, recoveries: Recoveries, tmp_path: Path
) -> None:
    released = tmp_path / "released"
    with run_worker(runtime, actors=ACTORS) as stopped:
        task_id = create(runtime, [{"do": "until", "name": str(released)}])
        running(runtime, task_id)
        with run_worker(runtime, actors=ACTORS):
            at = time.time()
            stopped.signal(signal.SIGSTOP)
            recoveries.took(
                "SIGSTOP of a worker, until its item runs elsewhere",
                audit.again(at, 1),
                within=RESCUE_SECONDS,
            )
            released.touch()
            view = finished(runtime, task_id, seconds=40)
            (before,) = items(runtime, task_id)
            stopped.signal(signal.SIGCONT)
            again = create(runtime, [{"do": "complete"}] * 200)
            finished(runtime, again)
            eventually(lambda: "believed dead" in stopped.log.read_text(errors="replace"), seconds=20)
        (after,) = items(runtime, task_id)
        assert (view.status, before.attempt) == ("completed", 2)
        assert after == before
        last = create(runtime, [{"do": "complete"}] * 20)
        audit.check(task_id, again, last)


def _runs_something(runtime: Runtime, worker_id: int) -> bool:
    with runtime.transaction() as session:
        running_there = sa.text(
            "SELECT EXISTS (SELECT FROM queue_items WHERE worker_id = :id AND status = 'running')"
        )
        return bool(session.scalar(running_there, {"id": worker_id}))
