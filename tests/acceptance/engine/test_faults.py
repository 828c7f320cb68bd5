"""Kill -9, a flushed Redis, a stopped worker: nothing is lost, nothing is recorded twice."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.services import cancel
from tests.acceptance.engine.helpers import ACTORS, create, finished, items, running, starts, task
from tests.waiting import eventually
from tests.workers import run_worker, supervised_workers


def test_items_of_a_killed_worker_run_again_elsewhere(runtime: Runtime, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.2, "name": f"n{n}", "trace": str(trace)} for n in range(40)]
    with run_worker(runtime, actors=ACTORS) as first, run_worker(runtime, actors=ACTORS):
        task_id = create(runtime, payloads)
        running(runtime, task_id, 8)
        first.kill()
        view = finished(runtime, task_id, seconds=40)
    assert (view.status, view.completed_items) == ("completed", 40)
    assert set(starts(trace)) == {f"n{n}" for n in range(40)}
    assert {one.attempt for one in items(runtime, task_id)} == {1, 2}


def test_everything_killed_and_started_again_completes_the_task(runtime: Runtime, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.1, "name": f"n{n}", "trace": str(trace)} for n in range(40)]
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, payloads)
        running(runtime, task_id)
        worker.kill()
    with run_worker(runtime, actors=ACTORS):
        view = finished(runtime, task_id, seconds=40)
    assert (view.status, view.completed_items, view.total_items) == ("completed", 40, 40)


@pytest.mark.timeout(240)
def test_an_item_that_kills_its_workers_is_failed_and_takes_nobody_with_it(
    runtime: Runtime, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with supervised_workers(runtime, actors=ACTORS, count=2):
        innocent = [{"do": "wait", "seconds": 0.5, "name": f"n{n}", "trace": str(trace)} for n in range(60)]
        culprit = {"do": "crash", "name": "culprit", "trace": str(trace), "seconds": 0.2}
        task_id = create(runtime, [*innocent[:3], culprit, *innocent[3:]])
        view = finished(runtime, task_id, seconds=200)
    assert (view.status, view.failed_items, view.completed_items) == ("failed", 1, 60)
    assert "died while it ran this item and nothing else, for the 3rd time" in (view.error or "")
    assert starts(trace)["culprit"] in {4, 5}
    assert max(starts(trace)[f"n{n}"] for n in range(60)) <= 3


def test_a_flushed_redis_loses_nothing(runtime: Runtime, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.02, "name": f"n{n}", "trace": str(trace)} for n in range(600)]
    with run_worker(runtime, actors=ACTORS):
        task_id = create(runtime, payloads)
        for part in (50, 200, 350):
            eventually(lambda part=part: task(runtime, task_id).completed_items > part, seconds=30)
            runtime.redis.flushall()
        view = finished(runtime, task_id, seconds=40)
    assert (view.status, view.completed_items) == ("completed", 600)
    assert set(starts(trace).values()) == {1}


def test_a_stopped_worker_that_comes_back_overwrites_nothing(runtime: Runtime) -> None:
    with run_worker(runtime, actors=ACTORS) as stopped:
        task_id = create(runtime, [{"do": "wait", "seconds": 2, "name": "n"}])
        running(runtime, task_id)
        stopped.signal(signal.SIGSTOP)
        with run_worker(runtime, actors=ACTORS):
            view = finished(runtime, task_id, seconds=40)
            (before,) = items(runtime, task_id)
            stopped.signal(signal.SIGCONT)
            again = create(runtime, [{"do": "complete"}] * 200)
            finished(runtime, again)
            eventually(lambda: "believed dead" in stopped.log.read_text(errors="replace"), seconds=20)
        (after,) = items(runtime, task_id)
        assert (view.status, before.attempt) == ("completed", 2)
        assert after == before
        assert finished(runtime, create(runtime, [{"do": "complete"}] * 20)).completed_items == 20


def test_a_terminated_worker_gives_its_items_back_unused(runtime: Runtime) -> None:
    with run_worker(runtime, actors=ACTORS, environ={"QUEUEAPP_WORKER__GRACE_SECONDS": "1"}) as worker:
        task_id = create(runtime, [{"do": "wait", "seconds": 60}] * 10)
        running(runtime, task_id, 4)
        assert worker.terminate() == 0
    view = task(runtime, task_id)
    assert (view.running_items, view.status) == (0, "running")
    assert {(one.status, one.attempt) for one in items(runtime, task_id)} == {("queued", 0)}
    cancel.cancel_task(runtime, task_id)


def test_a_terminated_worker_lets_short_items_finish(runtime: Runtime) -> None:
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, [{"do": "wait", "seconds": 1}] * 4)
        running(runtime, task_id, 4)
        assert worker.terminate() == 0
    assert task(runtime, task_id).completed_items == 4


def test_garbage_in_redis_holds_nothing_up(runtime: Runtime) -> None:
    for body in (b"garbage", b"{}", b'{"queue_name":"normal","actor_name":"x","args":["a"],"kwargs":{}}'):
        runtime.redis.hset("dramatiq:high.msgs", body[:3], body)
        runtime.redis.rpush("dramatiq:high", body[:3])
    with run_worker(runtime, actors=ACTORS):
        assert finished(runtime, create(runtime, [{"do": "complete"}] * 10)).completed_items == 10
    assert runtime.redis.hlen("dramatiq:high.msgs") == 0


def test_a_message_delivered_twice_runs_once(runtime: Runtime, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    task_id = create(runtime, [{"do": "complete", "name": f"n{n}", "trace": str(trace)} for n in range(20)])
    (ids,) = [runtime.redis.lrange("dramatiq:high", 0, -1)]
    for number, redis_id in enumerate(ids):
        body = runtime.redis.hget("dramatiq:high.msgs", redis_id)
        runtime.redis.hset("dramatiq:high.msgs", f"again{number}", body)
        runtime.redis.rpush("dramatiq:high", f"again{number}")
    with run_worker(runtime, actors=ACTORS):
        finished(runtime, task_id)
    assert set(starts(trace).values()) == {1}
