"""PostgreSQL stopped, crashed or unreachable: workers wait and go on, nothing is recorded twice or dropped."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.embedded.postgres import Postgres
from queueapp.ledger.workers import LEASE_SECONDS
from tests.acceptance.engine.script_tasks import ACTORS, create, finished, running, starts, task
from tests.faults.audit import Audit
from tests.faults.recoveries import Recoveries
from tests.integration.webui.server import WebServer
from tests.waiting import eventually
from tests.workers import run_worker

#: Seconds after PostgreSQL's return within which work goes on.
BACK_SECONDS = 10


def stop(postgres: Postgres, how: str) -> None:
    """Stop the server: `fast` ends all transactions in order, `immediate` is as a crash."""
    assert postgres.child
    postgres.child.send_signal(signal.SIGINT if how == "fast" else signal.SIGQUIT)
    postgres.child.wait(30)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restarted_database_is_waited_for(
    runtime: Runtime, audit: Audit, postgres: Postgres, recoveries: Recoveries, tmp_path: Path, how: str
) -> None:
    trace = tmp_path / "trace"
    payloads = [{"do": "wait", "seconds": 0.05, "name": f"n{n}", "trace": str(trace)} for n in range(300)]
    with run_worker(runtime, actors=ACTORS) as worker:
        task_id = create(runtime, payloads)
        eventually(lambda: task(runtime, task_id).completed_items > 50)
        stop(postgres, how)
        with pytest.raises(errors.DatabaseUnavailable):
            create(runtime, [{"do": "complete"}])
        postgres.start()
        at = time.time()
        recoveries.took(
            f"stop of PostgreSQL ({how}) and its start", audit.next_change(at), within=BACK_SECONDS
        )
        view = finished(runtime, task_id, seconds=60)
        assert worker.process.poll() is None
        audit.check(task_id)
    assert (view.status, view.completed_items, view.total_items) == ("completed", 300, 300)
    assert set(starts(trace)) == {f"n{n}" for n in range(300)}


def test_http_says_503_with_a_time_to_come_back_and_is_there_again_by_itself(
    runtime: Runtime, audit: Audit, web: WebServer, postgres: Postgres, recoveries: Recoveries
) -> None:
    with httpx.Client(
        base_url=f"http://127.0.0.1:{web.port}", headers={"X-Api-Key": web.key}, timeout=30
    ) as client:
        order = {"type": "noop", "items": [{}]}
        kept = [client.post("/api/queues/tasks", json=order).json()["task_id"]]
        stop(postgres, "fast")
        for answer in (client.post("/api/queues/tasks", json=order), client.get("/api/queues")):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"].isdigit()
            assert answer.json()["code"] == "database_unavailable"
        assert client.get("/health").status_code == 200
        assert client.get("/ready").status_code == 503
        postgres.start()
        at = time.time()
        answer = eventually(
            lambda: (
                found if (found := client.post("/api/queues/tasks", json=order)).status_code == 201 else None
            )
        )
        recoveries.took("PostgreSQL is back, until HTTP answers 201", time.time() - at, within=BACK_SECONDS)
        kept.append(answer.json()["task_id"])
        with run_worker(runtime):
            audit.check(*kept)


def test_after_an_outage_nobody_is_dead_until_the_database_was_up_for_a_lease(
    runtime: Runtime, audit: Audit, postgres: Postgres, recoveries: Recoveries
) -> None:
    with run_worker(runtime, actors=ACTORS) as silent:
        task_id = create(runtime, [{"do": "wait", "seconds": 3}])
        running(runtime, task_id)
        with run_worker(runtime, actors=ACTORS):
            silent.signal(signal.SIGSTOP)
            stop(postgres, "fast")
            postgres.start()
            at = time.time()
            with runtime.transaction() as session:
                aged = sa.text(
                    "UPDATE queue_workers SET heartbeat_at = now() - interval '1 hour' WHERE id = :id RETURNING 1"
                )
                assert session.execute(aged, {"id": silent.worker_id}).scalar()
            up_for = eventually(lambda: _buried(runtime, silent.worker_id), seconds=40, what="its burial")
            recoveries.took(
                "an outage of PostgreSQL, until a worker that died in it is declared dead",
                time.time() - at,
                within=LEASE_SECONDS + 10,
            )
            assert up_for >= LEASE_SECONDS
            finished(runtime, task_id)
            silent.signal(signal.SIGCONT)
            audit.check(task_id)


def _buried(runtime: Runtime, worker_id: int) -> float | None:
    """For how many seconds the database had been up when a worker was declared dead; None while it is not."""
    query = sa.text(
        "SELECT extract(epoch FROM stopped_at - pg_postmaster_start_time())::float8 FROM queue_workers "
        "WHERE id = :id AND state = 'dead'"
    )
    with runtime.transaction() as session:
        return session.execute(query, {"id": worker_id}).scalar()
