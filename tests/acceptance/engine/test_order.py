"""Tasks in order, and the queue steered as a whole, with a real worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.services import cancel, control
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, items, lines, running, task
from tests.waiting import eventually
from tests.workers import WorkerHandle, run_worker


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[WorkerHandle]:
    with run_worker(runtime, actors=ACTORS) as handle:
        yield handle


def test_a_task_waits_for_those_it_depends_on(runtime: Runtime, worker: WorkerHandle, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    first = create(runtime, [{"do": "wait", "seconds": 0.5, "name": "first", "trace": str(trace)}] * 2)
    second = create(runtime, [{"name": "second", "trace": str(trace)}] * 300, depends_on=[first])
    third = create(runtime, [{"name": "third", "trace": str(trace)}], depends_on=[first, second])
    assert items(runtime, third)[0].display_status == "waiting"
    assert finished(runtime, third).status == "completed"
    order = [words[1] for words in lines(trace) if words[0] == "start"]
    assert order == ["first"] * 2 + ["second"] * 300 + ["third"]


def test_a_broken_dependency_cancels_those_that_wait(runtime: Runtime, worker: WorkerHandle) -> None:
    first = create(runtime, [{"do": "wait", "seconds": 0.3}, {"do": "permanent"}])
    second = create(runtime, [{}] * 3, depends_on=[first])
    third = create(runtime, [{}], depends_on=[second])
    view = finished(runtime, third)
    assert (view.status, view.message) == ("canceled", f"canceled because task {second} has been canceled")
    assert task(runtime, second).message == f"canceled because task {first} has failed"
    with pytest.raises(errors.Conflict, match="is failed"):
        create(runtime, [{}], depends_on=[first])
    with pytest.raises(errors.BadPayload):
        create(runtime, [{}], depends_on=[99_999])


def test_tasks_of_one_ordering_key_run_one_after_another(
    runtime: Runtime, worker: WorkerHandle, tmp_path: Path
) -> None:
    trace, go = tmp_path / "trace", tmp_path / "go"
    first = create(runtime, [{"do": "until", "name": str(go)}], ordering_key="user and list")
    made = [
        create(
            runtime,
            [{"do": "wait", "seconds": 0.05, "name": str(n), "trace": str(trace)}] * 3,
            ordering_key="user and list",
        )
        for n in range(4)
    ]
    cancel.cancel_task(runtime, made[2])
    eventually(lambda: task(runtime, first).running_items == 1)
    assert not trace.exists()
    go.touch()
    assert finished(runtime, made[3]).status == "completed"
    order = [words[1] for words in lines(trace) if words[0] == "start"]
    assert order == sorted(order)
    assert set(order) == {"0", "1", "3"}


def test_a_failure_stops_a_task_that_asks_for_it(runtime: Runtime, worker: WorkerHandle) -> None:
    payloads = [{"do": "complete"}, {"do": "permanent"}, *[{"do": "complete"}] * 10]
    view = finished(runtime, create(runtime, payloads, max_parallel=1, stop_on_failure=True))
    assert (view.status, view.completed_items, view.failed_items, view.canceled_items) == ("failed", 1, 1, 10)


def test_everything_paused_starts_nothing_and_goes_on_when_resumed(
    runtime: Runtime, worker: WorkerHandle
) -> None:
    task_id = create(runtime, [{"do": "wait", "seconds": 0.2}] * 20)
    running(runtime, task_id)
    control.pause(runtime, None, "tester")
    eventually(lambda: task(runtime, task_id).running_items == 0)
    other = create(runtime, [{}])
    assert "everything is paused by tester" in (items(runtime, other)[0].waiting_for or "")
    control.resume(runtime, None)
    assert finished(runtime, task_id).completed_items == 20
    assert finished(runtime, other).status == "completed"


def test_a_paused_operation_lets_others_run(runtime: Runtime, worker: WorkerHandle) -> None:
    control.pause(runtime, "script", "tester")
    held = create(runtime, [{}] * 5)
    assert finished(runtime, create(runtime, [{}], "script_keyed")).status == "completed"
    assert task(runtime, held).completed_items == 0
    control.resume(runtime, "script")
    assert finished(runtime, held).status == "completed"
    with pytest.raises(errors.Conflict):
        control.resume(runtime, "script")


def test_a_waiting_retry_can_be_made_due(runtime: Runtime, worker: WorkerHandle, tmp_path: Path) -> None:
    task_id = create(runtime, [{"do": "retry_later", "trace": str(tmp_path / "trace"), "seconds": 3600}])
    eventually(lambda: items(runtime, task_id)[0].available_at is not None)
    assert "due at" in (items(runtime, task_id)[0].waiting_for or "")
    assert control.process_now(runtime) == 1
    assert finished(runtime, task_id).status == "completed"
