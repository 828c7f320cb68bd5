"""Isolated operations in real processes: they work like others, and whatever blocks them can be stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from queueapp.bootstrap import Runtime
from queueapp.ledger import reads
from queueapp.services import cancel
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, items, lines, running, starts
from tests.waiting import eventually
from tests.workers import WorkerHandle, run_worker

ISOLATED = "script_isolated"


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[WorkerHandle]:
    with run_worker(runtime, actors=ACTORS) as handle:
        yield handle


def _processes_of(trace: Path) -> set[int]:
    return {int(words[-2]) for words in lines(trace) if words[0] == "start"}


def test_an_isolated_item_does_all_that_another_does_in_a_process_used_again(
    runtime: Runtime, worker: WorkerHandle, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    wait = {"do": "wait", "seconds": 0.1, "name": "w", "trace": str(trace)}
    spawn = {"do": "spawn", "count": 2, "barrier": True, "name": "s", "trace": str(trace)}
    program = {"do": "program", "seconds": 0.1}
    task_id = create(runtime, [wait, wait, spawn, program, {"do": "skip"}], ISOLATED, max_parallel=1)
    view = finished(runtime, task_id)
    assert (view.status, view.completed_items, view.skipped_items, view.total_items) == ("completed", 7, 1, 8)
    mine = [int(words[-2]) for words in lines(trace) if words[0] == "start" and words[1] in {"w", "s"}]
    assert len(mine) == 3
    assert len(set(mine)) == 1
    assert worker.pid not in mine
    with runtime.transaction() as session:
        first = items(runtime, task_id)[0]
        assert [line.message for line in reads.item_logs(session, first.id)] == ["waiting"]
        assert (first.progress, first.message) == (1, "half way")


def test_workers_step_back_for_the_processor_and_isolated_items_further(
    runtime: Runtime, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with run_worker(runtime, actors=ACTORS, environ={"QUEUEAPP_WORKER__NICENESS": "7"}) as worker:
        finished(runtime, create(runtime, [{"do": "wait", "seconds": 0.1, "trace": str(trace)}], ISOLATED))
        (child,) = _processes_of(trace)
        threads = {os.getpriority(os.PRIO_PROCESS, one.id) for one in psutil.Process(worker.pid).threads()}
        ours = psutil.Process().nice()
        assert threads == {max(ours, 7)}
        assert psutil.Process(child).nice() == max(ours, 12)
        if os.geteuid() == 0:  # others may have to wait behind whoever sets one just now
            for pid, niceness in ((worker.pid, 7), (child, 12)):
                # only where Linux shares the processor among sessions
                group = Path(f"/proc/{pid}/autogroup")
                assert not group.exists() or group.read_text().split()[-1] == str(niceness)


def test_an_isolated_item_is_stopped_whatever_it_is_stuck_in(runtime: Runtime, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    kinds = ["native", "native_locked", "tidy", "wait", "program"]
    payloads = [{"do": kind, "seconds": 55, "name": kind, "trace": str(trace)} for kind in kinds]
    with run_worker(runtime, actors=ACTORS, threads=5) as worker:
        task_id = create(runtime, payloads, ISOLATED)
        running(runtime, task_id, 5)
        eventually(lambda: sum(starts(trace).values()) == 5)
        cancel.cancel_task(runtime, task_id)
        view = finished(runtime, task_id, seconds=5)
        assert {one.status for one in items(runtime, task_id)} == {"canceled"}
        assert view.stopped_after_seconds is not None
        assert view.stopped_after_seconds < 3
        assert [words[1] for words in lines(trace) if words[0] == "tidied"] == ["tidy"]
        eventually(lambda: not any(psutil.pid_exists(pid) for pid in _processes_of(trace)))
        assert finished(runtime, create(runtime, [{"do": "complete"}] * 3, ISOLATED)).completed_items == 3
        assert worker.process.poll() is None


def test_a_process_that_dies_fails_its_item_and_nothing_else(
    runtime: Runtime, worker: WorkerHandle, tmp_path: Path
) -> None:
    innocent = [{"do": "wait", "seconds": 0.3}] * 3
    task_id = create(runtime, [{"do": "segfault"}, {"do": "exit"}, *innocent], ISOLATED)
    late = create(runtime, [{"do": "native", "seconds": 20}], "script_isolated_timed")
    view = finished(runtime, task_id)
    assert (view.completed_items, view.failed_items) == (3, 2)
    crashed, left, *_ = items(runtime, task_id)
    assert (crashed.attempt, crashed.error_message) == (
        2,
        "the process that ran it was ended by SIGSEGV (Segmentation fault)",
    )
    assert left.error_message == "SystemExit: 3"
    assert worker.process.poll() is None
    finished(runtime, late, seconds=8)
    assert "timed out after 0.5 s" in (items(runtime, late)[0].error_message or "")


def test_no_process_of_a_killed_worker_is_left(runtime: Runtime, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with run_worker(runtime, actors=ACTORS) as worker:
        payload = {"do": "native_locked", "seconds": 50, "name": "n", "trace": str(trace)}
        task_id = create(runtime, [payload] * 2, ISOLATED)
        running(runtime, task_id, 2)
        eventually(lambda: starts(trace)["n"] == 2)
        family = psutil.Process(worker.pid).children(recursive=True)
        assert {one.pid for one in family} > _processes_of(trace)
        os.kill(worker.pid, signal.SIGKILL)
        eventually(lambda: not any(one.is_running() for one in family), what="the end of all processes")


def test_a_terminated_worker_gives_isolated_items_back_unused(runtime: Runtime) -> None:
    with run_worker(runtime, actors=ACTORS, environ={"QUEUEAPP_WORKER__GRACE_SECONDS": "1"}) as worker:
        task_id = create(
            runtime, [{"do": "native_locked", "seconds": 50}, {"do": "wait", "seconds": 50}], ISOLATED
        )
        running(runtime, task_id, 2)
        assert worker.terminate(20) == 0, worker.log.read_text()
        for item in items(runtime, task_id):
            assert (item.status, item.attempt) == ("queued", 0)
            with runtime.transaction() as session:
                detail = reads.get_item(session, task_id, item.id)
            assert [(one.attempt, one.outcome) for one in detail.attempts] == [(1, "interrupted")]
