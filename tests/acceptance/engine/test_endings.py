"""How a worker process ends by itself: past its memory, drained, with a dead thread, with an item nothing stops."""

from __future__ import annotations

import psutil

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import reads, workers
from queueapp.services import cancel
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, items, running, task
from tests.waiting import eventually
from tests.workers import run_worker


def _messages(runtime: Runtime, item_id: int) -> list[str]:
    with runtime.transaction() as session:
        return [line.message for line in reads.item_logs(session, item_id)]


def test_a_worker_past_its_memory_limit_finishes_its_items_and_ends(runtime: Runtime) -> None:
    limit = {"QUEUEAPP_WORKER__MEMORY_LIMIT_MB": "300"}
    with run_worker(runtime, actors=ACTORS, threads=2, environ=limit) as worker:
        task_id = create(runtime, [{"do": "grow", "count": 400, "seconds": 4}])
        running(runtime, task_id)
        late = create(runtime, [{"do": "complete"}] * 5, depends_on=[task_id])
        view = finished(runtime, task_id)
        assert (view.status, items(runtime, task_id)[0].attempt) == ("completed", 1)
        assert worker.process.wait(15) == 0
        assert "more than worker.memory_limit_mb = 300" in worker.log.read_text()
    assert task(runtime, late).completed_items == 0
    with run_worker(runtime, actors=ACTORS):
        assert finished(runtime, late).completed_items == 5


def test_a_drained_worker_finishes_its_items_and_ends(runtime: Runtime) -> None:
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, [{"do": "wait", "seconds": 4}] * 4)
        running(runtime, task_id, 4)
        with runtime.transaction() as session:
            workers.set_state(db.raw(session), worker.worker_id, "draining")
        assert finished(runtime, task_id).completed_items == 4
        assert worker.process.wait(15) == 0


def test_a_worker_with_a_dead_thread_ends_to_be_started_again(runtime: Runtime) -> None:
    with run_worker(runtime, actors=ACTORS, threads=2) as worker:
        finished(runtime, create(runtime, [{"do": "kill_thread"}]))
        assert worker.process.wait(20) == 70
        assert "have died" in worker.log.read_text()


def test_what_does_not_stop_is_killed_and_what_cannot_be_is_given_up_with_its_worker(
    runtime: Runtime,
) -> None:
    soon = {"QUEUEAPP_WORKER__CANCEL_KILL_SECONDS": "7"}
    with run_worker(runtime, actors=ACTORS, environ=soon) as worker:
        plain = create(runtime, [{"do": "subprocess", "seconds": 71.25}])
        stuck = create(runtime, [{"do": "native", "seconds": 40}])
        other = create(runtime, [{"do": "wait", "seconds": 11}])
        for one in (plain, stuck, other):
            running(runtime, one)
        cancel.cancel_task(runtime, plain)
        cancel.cancel_task(runtime, stuck)
        assert task(runtime, stuck).canceling
        view = finished(runtime, plain, seconds=8)
        assert 4 < (view.stopped_after_seconds or 0) < 7
        (item,) = items(runtime, plain)
        assert (item.status, (item.message or "")[:14]) == ("canceled", "stopped after ")
        eventually(lambda: "programs it had started were killed" in " ".join(_messages(runtime, item.id)))
        assert not [p for p in psutil.process_iter(["cmdline"]) if "71.25" in str(p.info["cmdline"])]
        view = finished(runtime, stuck, seconds=8)
        (item,) = items(runtime, stuck)
        assert item.status == "canceled"
        eventually(lambda: len(_messages(runtime, item.id)) == 2)
        assert "given up" in _messages(runtime, item.id)[1]
        assert "given up" in " ".join(view.warnings)
        assert finished(runtime, other).status == "completed"
        assert "this worker retires" in eventually(lambda: worker.log.read_text())
