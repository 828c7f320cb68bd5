"""A network that delays, cuts or swallows what goes to PostgreSQL or Redis, for one worker or for all."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from queueapp.bootstrap import Runtime
from tests.acceptance.engine.script_tasks import ACTORS, create, items, running, starts, task
from tests.faults.audit import Audit
from tests.faults.recoveries import Recoveries
from tests.integration.webui.server import WebServer
from tests.proxy import Proxy
from tests.waiting import eventually
from tests.workers import WorkerHandle, run_worker

BACK_SECONDS = 10
#: Seconds after which a worker in which nothing moves ends itself, to be started again.
WATCHDOG_SECONDS = 90
#: Seconds for which a request may wait for Redis: twice the timeout of one command, and its own work.
REDIS_SECONDS = 5
RESCUE_SECONDS = 20


def said(worker: WorkerHandle, words: str) -> bool:
    """Whether a worker's log has these words."""
    return words in worker.log.read_text(errors="replace")


@pytest.mark.parametrize("fault", ["cut", "blackhole"])
def test_a_lost_way_to_redis_stops_nothing_for_long(
    runtime: Runtime,
    audit: Audit,
    through_proxies: dict[str, str],
    redis_proxy: Proxy,
    recoveries: Recoveries,
    fault: str,
) -> None:
    with run_worker(runtime, actors=ACTORS, environ=through_proxies) as worker:
        task_id = create(runtime, [{"do": "wait", "seconds": 0.05}] * 200)
        eventually(lambda: task(runtime, task_id).completed_items > 20)
        getattr(redis_proxy, fault)()
        eventually(lambda: said(worker, "redis cannot be reached"), seconds=20)
        eventually(lambda: task(runtime, task_id).running_items == 0, seconds=20)
        redis_proxy.heal()
        at = time.time()
        recoveries.took(
            f"way to Redis {fault}, then healed".replace("blackhole", "silent"),
            audit.next_change(at),
            within=BACK_SECONDS,
        )
        audit.check(task_id)
        assert worker.process.poll() is None
    assert task(runtime, task_id).completed_items == 200


def test_a_request_is_answered_in_time_though_redis_says_nothing(
    runtime: Runtime,
    audit: Audit,
    web_through_proxies: WebServer,
    redis_proxy: Proxy,
    recoveries: Recoveries,
) -> None:
    web = web_through_proxies
    base, headers = f"http://127.0.0.1:{web.port}/api/queues", {"X-Api-Key": web.key}
    with httpx.Client(headers=headers, timeout=60) as client, run_worker(runtime):
        order = {"type": "noop", "items": [{}]}
        kept = [client.post(f"{base}/tasks", json=order).json()["task_id"]]
        redis_proxy.blackhole()
        taken = []
        for _ in range(3):
            answer = client.post(f"{base}/tasks", json=order)
            assert answer.status_code == 201
            kept.append(answer.json()["task_id"])
            taken.append(answer.elapsed.total_seconds())
        for path in (base, f"{base}/{kept[0]}", f"{base}/ongoing"):
            answer = client.get(path)
            assert answer.status_code == 200
            taken.append(answer.elapsed.total_seconds())
        recoveries.took("slowest answer by HTTP while Redis says nothing", max(taken), within=REDIS_SECONDS)
        redis_proxy.heal()
        audit.check(*kept)


def test_a_cut_way_to_the_database_is_waited_for(
    runtime: Runtime,
    audit: Audit,
    through_proxies: dict[str, str],
    database_proxy: Proxy,
    recoveries: Recoveries,
    tmp_path: Path,
) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.05, "name": f"n{n}", "trace": str(trace)} for n in range(200)]
    with run_worker(runtime, actors=ACTORS, environ=through_proxies) as worker:
        task_id = create(runtime, payloads)
        eventually(lambda: task(runtime, task_id).completed_items > 20)
        database_proxy.cut()
        eventually(lambda: said(worker, "wait for the database"), seconds=20)
        database_proxy.heal()
        at = time.time()
        recoveries.took("way to PostgreSQL cut, then healed", audit.next_change(at), within=BACK_SECONDS)
        audit.check(task_id)
        assert worker.process.poll() is None
    assert set(starts(trace)) == {f"n{n}" for n in range(200)}


@pytest.mark.parametrize("silent", [False, True], ids=["late", "never"])
def test_a_worker_that_gets_no_answer_loses_its_items_and_overwrites_nothing_later(
    runtime: Runtime,
    audit: Audit,
    through_proxies: dict[str, str],
    database_proxy: Proxy,
    recoveries: Recoveries,
    tmp_path: Path,
    silent: bool,
) -> None:
    released = tmp_path / "released"
    with ExitStack() as stack:
        cut_off = stack.enter_context(run_worker(runtime, actors=ACTORS, environ=through_proxies))
        task_id = create(runtime, [{"do": "until", "name": str(released)}] * 4)
        running(runtime, task_id, 4)
        stack.enter_context(run_worker(runtime, actors=ACTORS))
        at = time.time()
        database_proxy.blackhole()
        recoveries.took(
            "worker cut off from PostgreSQL, until its items run elsewhere",
            audit.again(at, 4),
            within=RESCUE_SECONDS,
        )
        released.touch()
        audit.check(task_id)
        before = items(runtime, task_id)
        database_proxy.heal(silent=silent)
        at = time.time()
        eventually(lambda: _starts_over(cut_off), seconds=120, what="the cut off worker starting over")
        recoveries.took(
            f"worker cut off is let in again, {'its old connections dead' if silent else 'what was held arrives'}",
            time.time() - at,
            within=WATCHDOG_SECONDS if silent else BACK_SECONDS,
        )
        more = create(runtime, [{"do": "complete"}] * 50)
        audit.check(task_id, more)
        assert items(runtime, task_id) == before
    assert {(one.status, one.attempt) for one in before} == {("completed", 2)}


def _starts_over(worker: WorkerHandle) -> bool:
    """Whether it registers anew, or has ended for its supervisor to start another."""
    return said(worker, "believed dead") or worker.process.poll() is not None


def test_a_slow_network_slows_the_work_and_breaks_nothing(
    runtime: Runtime, audit: Audit, through_proxies: dict[str, str], database_proxy: Proxy, redis_proxy: Proxy
) -> None:
    with run_worker(runtime, actors=ACTORS, environ=through_proxies) as worker:
        database_proxy.delay(0.1)
        redis_proxy.delay(0.1)
        task_id = create(runtime, [{"do": "wait", "seconds": 0.02}] * 100)
        audit.check(task_id)
        assert worker.process.poll() is None
    assert {one.attempt for one in items(runtime, task_id)} == {1}
