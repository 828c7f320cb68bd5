"""Canceling what a real worker runs: Python code, child processes, waiting items, single items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.services import cancel, pause, retry
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, items, lines, running, task
from tests.waiting import eventually
from tests.workers import WorkerHandle, run_worker


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[WorkerHandle]:
    with run_worker(runtime, actors=ACTORS) as handle:
        yield handle


@pytest.mark.parametrize("kind", ["wait", "spin", "program"])
def test_a_running_item_is_stopped_and_says_so(runtime: Runtime, worker: WorkerHandle, kind: str) -> None:
    task_id = create(runtime, [{"do": kind, "seconds": 60}] * 3)
    running(runtime, task_id, 3)
    cancel.cancel_task(runtime, task_id, "tester")
    assert task(runtime, task_id).status == "canceled"
    view = finished(runtime, task_id, seconds=5)
    assert (view.canceled_items, view.running_items) == (3, 0)
    assert view.stopped_after_seconds is not None
    assert view.stopped_after_seconds < 2
    assert {one.status for one in items(runtime, task_id)} == {"canceled"}
    assert worker.process.poll() is None


def test_a_canceled_program_leaves_no_process_behind(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(runtime, [{"do": "program", "seconds": 61.5}])
    running(runtime, task_id)
    eventually(lambda: _sleepers("61.5"), what="the program's start")
    cancel.cancel_task(runtime, task_id)
    eventually(lambda: not _sleepers("61.5"), seconds=5, what="the end of the program and its children")


def _sleepers(seconds: str) -> list[psutil.Process]:
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if (one.info["cmdline"] or [])[-2:] == ["sleep", seconds]
    ]


def test_no_item_starts_after_the_cancel(runtime: Runtime, worker: WorkerHandle, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    task_id = create(runtime, [{"do": "wait", "seconds": 0.05, "trace": str(trace), "name": "x"}] * 3000)
    running(runtime, task_id)
    cancel.cancel_task(runtime, task_id)
    canceled_at = task(runtime, task_id).canceled_at
    view = finished(runtime, task_id)
    assert canceled_at is not None
    late = [
        words
        for words in lines(trace)
        if words[0] == "start" and float(words[-1]) > canceled_at.timestamp() + 0.1
    ]
    assert not late
    assert view.completed_items + view.canceled_items == 3000
    eventually(lambda: {one.status for one in items(runtime, task_id)} <= {"completed", "canceled"})


def test_a_worker_goes_on_with_other_work_after_a_cancel(runtime: Runtime, worker: WorkerHandle) -> None:
    for _ in range(3):
        task_id = create(runtime, [{"do": "spin", "seconds": 60}] * 4)
        running(runtime, task_id, 4)
        cancel.cancel_task(runtime, task_id)
        finished(runtime, task_id, seconds=5)
    assert finished(runtime, create(runtime, [{"do": "complete"}] * 50)).completed_items == 50


def test_a_canceled_task_can_be_retried(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(
        runtime, [{"do": "wait", "seconds": 0.01}] * 20 + [{"do": "wait", "seconds": 1}], max_parallel=1
    )
    running(runtime, task_id)
    cancel.cancel_task(runtime, task_id)
    finished(runtime, task_id, seconds=5)
    retry.retry_task(runtime, task_id)
    view = finished(runtime, task_id)
    assert (view.status, view.completed_items, view.canceled_items) == ("completed", 21, 0)


def test_a_single_item_is_canceled_whether_it_runs_or_waits(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(
        runtime, [{"do": "wait", "seconds": 60}, {"do": "complete"}, {"do": "complete"}], max_parallel=1
    )
    running(runtime, task_id)
    first, second, _ = items(runtime, task_id)
    cancel.cancel_item(runtime, task_id, second.id)
    assert items(runtime, task_id)[1].status == "canceled"
    cancel.cancel_item(runtime, task_id, first.id)
    view = finished(runtime, task_id, seconds=5)
    assert [one.status for one in items(runtime, task_id)] == ["canceled", "canceled", "completed"]
    assert (view.status, view.canceled_items, view.completed_items) == ("completed", 2, 1)


def test_a_finished_task_cannot_be_canceled(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(runtime, [{"do": "complete"}])
    finished(runtime, task_id)
    with pytest.raises(errors.WrongStatus, match="completed"):
        cancel.cancel_task(runtime, task_id)


def test_a_paused_task_starts_nothing_until_it_is_resumed(runtime: Runtime, worker: WorkerHandle) -> None:
    task_id = create(runtime, [{"do": "wait", "seconds": 0.3}] * 12)
    running(runtime, task_id)
    pause.pause_task(runtime, task_id, "tester")
    view = eventually(lambda: found if (found := task(runtime, task_id)).running_items == 0 else None)
    assert view.completed_items < 12
    assert items(runtime, task_id)[-1].waiting_for == "paused by tester"
    pause.resume_task(runtime, task_id)
    assert finished(runtime, task_id).completed_items == 12
