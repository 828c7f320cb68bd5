"""PostgreSQL or Redis away for a while: workers wait and go on, nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.embedded.postgres import Postgres
from queueapp.embedded.redis_server import RedisServer
from queueapp.services import cancel
from tests.acceptance.engine.helpers import ACTORS, create, finished, starts, task
from tests.waiting import eventually
from tests.workers import run_worker


def test_a_restarted_database_is_waited_for(runtime: Runtime, postgres: Postgres, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.05, "name": f"n{n}", "trace": str(trace)} for n in range(300)]
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, payloads)
        eventually(lambda: task(runtime, task_id).completed_items > 50)
        postgres.stop()
        with pytest.raises(errors.DatabaseUnavailable):
            create(runtime, [{"do": "complete"}])
        postgres.start()
        view = finished(runtime, task_id, seconds=60)
        assert worker.process.poll() is None
    assert (view.status, view.completed_items, view.total_items) == ("completed", 300, 300)
    assert set(starts(trace)) == {f"n{n}" for n in range(300)}


def test_tasks_are_taken_while_redis_is_away_and_run_when_it_is_back(
    runtime: Runtime, redis_server: RedisServer
) -> None:
    with run_worker(runtime, actors=ACTORS):
        first = create(runtime, [{"do": "wait", "seconds": 0.05}] * 200)
        eventually(lambda: task(runtime, first).completed_items > 20)
        redis_server.stop()
        try:
            second = create(runtime, [{"do": "complete"}] * 10)
            assert task(runtime, second).status == "queued"
        finally:
            redis_server.start()
        assert finished(runtime, second, seconds=30).completed_items == 10
        assert finished(runtime, first, seconds=30).completed_items == 200


def test_a_cancel_with_redis_away_stops_running_items(runtime: Runtime, redis_server: RedisServer) -> None:
    with run_worker(runtime, actors=ACTORS):
        task_id = create(runtime, [{"do": "wait", "seconds": 60}] * 4)
        eventually(lambda: task(runtime, task_id).running_items == 4)
        redis_server.stop()
        try:
            cancel.cancel_task(runtime, task_id)
            view = finished(runtime, task_id, seconds=10)
        finally:
            redis_server.start()
    assert view.stopped_after_seconds is not None
    assert view.stopped_after_seconds < 3
