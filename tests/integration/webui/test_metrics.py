"""GET /metrics, on what is in PostgreSQL and Redis; no worker runs here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
import redis
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from queueapp import db
from queueapp.connectors.circuit import Circuit
from queueapp.dispatch.relay import Relay
from queueapp.events import keys
from queueapp.events.tally import Tally, add, read
from queueapp.ledger import items, tasks, workers
from queueapp.priorities import Priority
from queueapp.runtime import Runtime
from queueapp.services import control, enqueue
from queueapp.services.enqueue import NewTask
from tests.integration.finished_tasks import finished_task
from tests.waiting import eventually

Figures = dict[tuple[str, frozenset[str]], float]


def _scrape(client: FlaskClient) -> Figures:
    """Values by name and label values."""
    response = client.get("/metrics")
    assert response.status_code == 200, response.text
    assert response.content_type.startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def _of(figures: Figures, name: str, *labels: str) -> float:
    return figures["queueapp_" + name, frozenset(labels)]


def test_without_a_key_there_are_no_figures(stranger: FlaskClient) -> None:
    assert stranger.get("/metrics").status_code == 401


def test_an_empty_instance_has_zeros(viewer: FlaskClient) -> None:
    figures = _scrape(viewer)
    assert _of(figures, "tasks", "queued") == 0
    assert _of(figures, "ready_items", "normal") == 0
    assert _of(figures, "oldest_ready_age_seconds", "low") == 0
    assert _of(figures, "workers", "running") == 0
    assert _of(figures, "circuit_open", "tmdb", "failing") == 0
    assert _of(figures, "paused", "*") == 0
    assert _of(figures, "relayed_items_total") == 0
    assert _of(figures, "redis_up") == 1


def test_tasks_and_items_are_counted_by_type_and_status(viewer: FlaskClient, runtime: Runtime) -> None:
    enqueue.create_task(runtime, NewTask("noop", items=[{}] * 3, created_by="test"))
    with runtime.transaction() as session:
        finished_task(session, 0.5, items=2)
        finished_task(session, 0.5, items=1, status="failed")
        finished_task(session, 2, items=5)
    figures = _scrape(viewer)
    assert (_of(figures, "tasks", "queued"), _of(figures, "tasks", "completed")) == (1, 2)
    assert _of(figures, "recent_tasks", "noop", "completed") == 1
    by_status = {
        status: _of(figures, "recent_task_items", "noop", status)
        for status in ("queued", "running", "completed", "failed", "skipped", "canceled")
    }
    assert by_status == {
        "queued": 3,
        "running": 0,
        "completed": 2,
        "failed": 1,
        "skipped": 0,
        "canceled": 0,
    }
    assert _of(figures, "items_in_flight", "noop", "dispatched") == 3
    lane = _lane_with_messages(figures)
    assert _of(figures, "messages", lane, "fetched") == 0


def _lane_with_messages(figures: Figures) -> str:
    lanes = [
        lane
        for lane in ("critical", "high", "normal", "low")
        if _of(figures, "messages", lane, "waiting") > 0
    ]
    assert len(lanes) == 1
    return lanes[0]


def test_the_backlog_is_shown_by_lane_with_its_age(viewer: FlaskClient, runtime: Runtime) -> None:
    rows = [items.NewRow("noop", "{}", 1) for _ in range(4)]
    with runtime.transaction() as session:
        tasks.insert_task(db.raw(session), tasks.NewTaskRow("noop", "t", Priority.LOW), rows)
        session.execute(sa.text("UPDATE queue_items SET created_at = now() - interval '1 hour'"))
    figures = _scrape(viewer)
    assert _of(figures, "ready_items", "low") == 4
    assert _of(figures, "ready_items", "high") == 0
    assert 3600 <= _of(figures, "oldest_ready_age_seconds", "low") < 3700


def test_workers_that_beat_and_their_threads_are_counted(viewer: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        conn = db.raw(session)
        for pid in (1, 2, 3):
            workers.register(conn, broker_id=str(pid), host="h", pid=pid, lanes=["low"], threads=8)
        session.execute(
            sa.text("UPDATE queue_workers SET heartbeat_at = now() - interval '1 minute' WHERE pid = 3")
        )
    figures = _scrape(viewer)
    assert (_of(figures, "workers", "running"), _of(figures, "worker_threads", "running")) == (2, 16)


def test_processes_that_could_not_be_killed_are_counted(viewer: FlaskClient, runtime: Runtime) -> None:
    lost = {"pid": 7, "item_id": 1, "operation": "scan", "since": 1.0}
    with runtime.transaction() as session:
        conn = db.raw(session)
        for number in (1, 2):
            worker = workers.register(
                conn, broker_id=str(number), host="h", pid=number, lanes=["low"], threads=8
            )
            workers.beat(conn, worker, None, [lost])
    assert _of(_scrape(viewer), "abandoned_processes") == 2


def test_pauses_open_circuits_and_repairs_are_shown(viewer: FlaskClient, runtime: Runtime) -> None:
    control.pause(runtime, "scan", "test")
    Circuit(runtime.redis, "tmdb", "abc").record_refused("401")
    figures = _scrape(viewer)
    assert (_of(figures, "paused", "scan"), _of(figures, "paused", "*")) == (1, 0)
    assert _of(figures, "circuit_open", "tmdb", "credentials") == 1
    assert _of(figures, "circuit_open", "tmdb", "failing") == 0

    enqueue.create_task(runtime, NewTask("noop", items=[{}] * 2, created_by="test"))
    runtime.redis.flushdb()
    with db.connect(runtime.settings.database_url or "", durable=False) as conn:
        conn.execute("UPDATE queue_items SET dispatched_at = now() - interval '1 minute'")
        Relay(runtime.redis).repair(conn)
    figures = _scrape(viewer)
    assert _of(figures, "relayed_items_total") == 2
    assert _of(figures, "last_repair_timestamp_seconds") > 0


@pytest.fixture
def stream(viewer: FlaskClient) -> Iterator[None]:
    with contextlib.closing(viewer.get("/events/queues", buffered=False)):
        yield


def test_event_streams_of_this_process_are_counted(
    app: Flask, stream: None, make_key: Callable[[str], str]
) -> None:
    other = app.test_client()
    other.environ_base["HTTP_X_API_KEY"] = make_key("viewer")
    eventually(lambda: _of(_scrape(other), "sse_clients_of_this_process") == 1)


def test_with_redis_away_the_ledgers_figures_remain(viewer: FlaskClient, runtime: Runtime) -> None:
    pool = runtime.redis.connection_pool
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere"
    figures = _scrape(viewer)
    assert _of(figures, "redis_up") == 0
    assert _of(figures, "tasks", "queued") == 0
    assert not any(name == "queueapp_messages" for name, _ in figures)


def test_what_workers_counted_is_summed_over_processes(viewer: FlaskClient, runtime: Runtime) -> None:
    for _ in range(2):
        tally = Tally()
        for seconds in (0.003, 0.2, 0.2, 9000.0):
            tally.ran("noop", "completed", seconds)
        tally.ran("noop", "retry", 0.02)
        tally.ran("noop", "released", 0.02)
        tally.picked_up("noop", 0.004)
        tally.tell(runtime.redis, now=True)
        tally.tell(runtime.redis, now=True)
    figures = _scrape(viewer)
    assert _of(figures, "items_processed_total", "noop", "completed") == 8
    assert _of(figures, "items_processed_total", "noop", "released") == 2
    assert _of(figures, "item_retries_total", "noop") == 2
    assert _of(figures, "item_duration_seconds_bucket", "noop", "0.005") == 2
    assert _of(figures, "item_duration_seconds_bucket", "noop", "0.25") == 8
    assert _of(figures, "item_duration_seconds_bucket", "noop", "+Inf") == 10
    assert _of(figures, "item_duration_seconds_count", "noop") == 10
    assert _of(figures, "item_duration_seconds_sum", "noop") == pytest.approx(2 * 9000.423)
    assert _of(figures, "item_pickup_seconds_count", "noop") == 2


def test_cancels_rescues_and_streams_are_counted(
    viewer: FlaskClient, admin: FlaskClient, runtime: Runtime
) -> None:
    figures = _scrape(viewer)
    for name in ("task_cancels_total", "item_cancels_total", "rescued_items_total", "sse_clients"):
        assert _of(figures, name) == 0
    made = enqueue.create_task(runtime, NewTask("noop", items=[{}, {}], created_by="test"))
    assert admin.post(f"/api/queues/{made.task_id}/cancel").status_code == 202
    assert admin.post(f"/api/queues/{made.task_id}/cancel").status_code == 202
    add(runtime.redis, {"events||rescued": 3})
    runtime.redis.hset(keys.STREAMS, "elsewhere:1", f"{runtime.redis.time()[0]} 7")
    runtime.redis.hset(keys.STREAMS, "long gone:1", "1000 5")
    figures = _scrape(viewer)
    assert _of(figures, "task_cancels_total") == 1
    assert _of(figures, "rescued_items_total") == 3
    assert _of(figures, "sse_clients") == 7


def test_items_not_over_are_counted_by_operation(viewer: FlaskClient, runtime: Runtime) -> None:
    enqueue.create_task(runtime, NewTask("noop", items=[{}] * 5, created_by="test", max_parallel=2))
    enqueue.create_task(runtime, NewTask("sleep", items=[{"seconds": 1}], created_by="test"))
    figures = _scrape(viewer)
    assert _of(figures, "items", "noop", "queued") == 5
    assert _of(figures, "items", "sleep", "queued") == 1


def test_while_redis_is_away_a_tally_keeps_what_it_counted(runtime: Runtime) -> None:
    tally = Tally()
    tally.ran("noop", "completed", 0.1)
    with pytest.raises(redis.RedisError):
        tally.tell(redis.Redis(unix_socket_path="/nowhere/redis.sock"), now=True)
    tally.tell(runtime.redis, now=True)
    assert read(runtime.redis)["items", "noop", "completed"] == 1
