"""Redis flushed, killed or gone: no task is lost or stuck, and work goes on within ten seconds of its return."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from queueapp.bootstrap import Runtime
from queueapp.embedded.redis_server import RedisServer
from queueapp.services import cancel
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, lines, running, starts, task
from tests.faults.audit import Audit
from tests.faults.recoveries import Recoveries
from tests.integration.webui.server import WebServer
from tests.waiting import eventually
from tests.workers import run_worker

#: Seconds after Redis's return within which work goes on (SPEC 2.13 a).
BACK_SECONDS = 10


def test_a_flushed_redis_loses_nothing(
    runtime: Runtime, audit: Audit, recoveries: Recoveries, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.02, "name": f"n{n}", "trace": str(trace)} for n in range(600)]
    with run_worker(runtime, actors=ACTORS):
        task_id = create(runtime, payloads)
        for part in (50, 200, 350):
            eventually(lambda part=part: task(runtime, task_id).completed_items > part, seconds=30)
            at = time.time()
            runtime.redis.flushall()
        view = finished(runtime, task_id, seconds=40)
    assert (view.status, view.completed_items) == ("completed", 600)
    assert set(starts(trace).values()) == {1}
    audit.check(task_id)
    recoveries.took(
        "`FLUSHALL` of Redis in the middle of a task", audit.longest_pause(at), within=BACK_SECONDS
    )


def test_a_killed_redis_that_comes_back_loses_nothing(
    runtime: Runtime, audit: Audit, redis_server: RedisServer, recoveries: Recoveries
) -> None:
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, [{"do": "wait", "seconds": 0.05}] * 300)
        eventually(lambda: task(runtime, task_id).completed_items > 50)
        assert redis_server.child
        redis_server.child.kill()
        redis_server.child.wait()
        redis_server.start()
        at = time.time()
        recoveries.took("kill -9 of Redis and its start", audit.next_change(at), within=BACK_SECONDS)
        view = finished(runtime, task_id, seconds=40)
        assert worker.process.poll() is None
    assert (view.status, view.completed_items) == ("completed", 300)
    audit.check(task_id)


def test_while_redis_is_gone_tasks_are_taken_and_run_once_it_is_back(
    runtime: Runtime, audit: Audit, web: WebServer, redis_server: RedisServer, recoveries: Recoveries
) -> None:
    with run_worker(runtime):
        first = create(runtime, [{"seconds": 0.05}] * 400, "sleep")
        eventually(lambda: task(runtime, first).completed_items > 20)
        redis_server.stop()
        taken = [_post(web) for _ in range(10)]
        # What had been fetched has run, and nothing follows.
        eventually(lambda: task(runtime, first).running_items == 0, seconds=30)
        taken += [_post(web) for _ in range(10)]
        redis_server.start()
        at = time.time()
        recoveries.took("Redis gone for a while, then back", audit.next_change(at), within=BACK_SECONDS)
        audit.check(first, *taken)
    assert len(set(taken)) == 20
    assert task(runtime, first).completed_items == 400


def test_with_redis_gone_nothing_starts_a_second_after_the_cancel(
    runtime: Runtime, audit: Audit, redis_server: RedisServer, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.3, "name": "x", "trace": str(trace)}] * 200
    with run_worker(runtime, actors=ACTORS, threads=8):
        task_id = create(runtime, payloads)
        running(runtime, task_id, 4)
        redis_server.stop()
        cancel.cancel_task(runtime, task_id)
        canceled_at = task(runtime, task_id).canceled_at
        finished(runtime, task_id)
        audit.check(task_id)
        redis_server.start()
        # Whatever Redis had kept is offered again, and refused.
        audit.check(create(runtime, [{"do": "complete"}] * 20))
    assert canceled_at
    begun = [float(words[-1]) for words in lines(trace) if words[0] == "start"]
    assert max(begun) < canceled_at.timestamp() + 1.0


def _post(web: WebServer) -> int:
    """Create a task by HTTP; returns its id once it is accepted."""
    answer = httpx.post(
        f"http://127.0.0.1:{web.port}/api/queues/tasks",
        headers={"X-Api-Key": web.key},
        json={"type": "noop", "items": [{}, {}]},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["task_id"])


def test_a_cancel_with_redis_away_stops_running_items(
    runtime: Runtime, audit: Audit, redis_server: RedisServer, recoveries: Recoveries
) -> None:
    with run_worker(runtime, actors=ACTORS):
        task_id = create(runtime, [{"do": "wait", "seconds": 60}] * 20)
        running(runtime, task_id, 4)
        redis_server.stop()
        at = time.time()
        cancel.cancel_task(runtime, task_id)
        view = finished(runtime, task_id, seconds=10)
        recoveries.took("a cancel while Redis is gone, until all has stopped", time.time() - at, within=3)
        audit.check(task_id)
    assert (view.canceled_items, view.running_items) == (20, 0)
