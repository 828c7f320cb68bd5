"""Live events from a real gunicorn process."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from queueapp.events.kinds import Event, Kind
from queueapp.events.publish import publish
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.services import enqueue
from queueapp.services.enqueue import NewTask
from tests.integration.webui.server import WebServer, stream
from tests.waiting import eventually


@pytest.fixture
def server(runtime: Runtime, make_key: Callable[[str], str]) -> Iterator[WebServer]:
    """gunicorn on this test's database and Redis."""
    web = WebServer(runtime.settings, make_key("viewer"))
    web.start()
    yield web
    if web.process.poll() is None:
        web.stop()


def _update(task_id: int, percent: float) -> Event:
    return Event(kind=Kind.TASK_UPDATED, task_id=task_id, status="running", percent=percent)


def _long_event(task_id: int) -> Event:
    return Event(kind=Kind.TASK_CREATED, task_id=task_id, message="x" * 10_000)


def test_a_client_hears_of_a_task_from_its_beginning_to_its_end(server: WebServer, runtime: Runtime) -> None:
    with stream(server) as seen:
        created = enqueue.create_task(runtime, NewTask(type="noop", items=[{}]))
        publish(runtime.redis, [Event(kind=Kind.TASK_COMPLETED, task_id=created.task_id, status="completed")])
        eventually(lambda: len(seen.events) == 2)
    assert seen.kinds() == ["task.created", "task.completed"]
    assert all(event.data["task_id"] == created.task_id for event in seen.events)
    assert all(event.id for event in seen.events)


def test_reconnecting_with_the_last_id_misses_nothing(server: WebServer, runtime: Runtime) -> None:
    with stream(server) as first:
        publish(runtime.redis, [Event(kind=Kind.TASK_CREATED, task_id=1)])
        eventually(lambda: first.events)
    publish(
        runtime.redis,
        [_update(1, 10), _update(1, 20), Event(kind=Kind.TASK_FAILED, task_id=1, status="failed")],
    )
    publish(runtime.redis, [Event(kind=Kind.TASK_CREATED, task_id=2)])
    with stream(server, last_id=first.last_id) as second:
        eventually(lambda: len(second.events) == 2)
        publish(runtime.redis, [Event(kind=Kind.TASK_COMPLETED, task_id=2)])
        eventually(lambda: len(second.events) == 3)
    assert second.kinds() == ["task.failed", "task.created", "task.completed"]


def test_a_web_restart_loses_no_event(server: WebServer, runtime: Runtime) -> None:
    with stream(server) as first:
        publish(runtime.redis, [Event(kind=Kind.TASK_CREATED, task_id=1)])
        eventually(lambda: first.events)
        server.stop()
    publish(runtime.redis, [Event(kind=Kind.TASK_COMPLETED, task_id=1)])
    server.start()
    with stream(server, last_id=first.last_id) as second:
        eventually(lambda: second.kinds() == ["task.completed"])


def test_after_a_flush_of_redis_every_client_is_told_to_reload(server: WebServer, runtime: Runtime) -> None:
    with stream(server) as open_before:
        runtime.redis.flushall()
        eventually(lambda: open_before.kinds() == ["reset"])
        publish(runtime.redis, [Event(kind=Kind.TASK_CREATED, task_id=5)])
        eventually(lambda: open_before.kinds() == ["reset", "task.created"])
    with stream(server, last_id="longago-12-0") as back:
        eventually(lambda: back.kinds() == ["reset"])


def test_updates_are_thinned_out_and_the_last_is_sent(server: WebServer, runtime: Runtime) -> None:
    with stream(server) as seen:
        began = time.monotonic()
        for step in range(200):
            publish(runtime.redis, [_update(1, step / 2)])
        publish(runtime.redis, [_update(1, 100)])
        eventually(lambda: seen.events and seen.events[-1].data["percent"] == 100)
        took = time.monotonic() - began
    assert len(seen.events) <= 2 + took / 0.25


def test_items_are_told_only_to_who_watches_their_task(server: WebServer, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask(type="noop", items=[{}])).task_id
    with stream(server) as everything, stream(server, f"?task_id={task_id}") as watching:
        publish(runtime.redis, [Event(kind=Kind.ITEM_UPDATED, task_id=task_id, item_id=7, status="running")])
        publish(
            runtime.redis, [Event(kind=Kind.ITEM_UPDATED, task_id=task_id + 1, item_id=8, status="running")]
        )
        publish(runtime.redis, [Event(kind=Kind.TASK_CREATED, task_id=task_id + 1)])
        publish(runtime.redis, [Event(kind=Kind.TASK_COMPLETED, task_id=task_id)])
        eventually(lambda: "task.completed" in watching.kinds() and "task.completed" in everything.kinds())
    assert watching.kinds() == ["item.updated", "task.completed"]
    assert everything.kinds() == ["task.created", "task.completed"]
    assert runtime.redis.zscore("queueapp:watched", str(task_id))


def test_types_choose_what_is_told(server: WebServer, runtime: Runtime) -> None:
    with stream(server, "?types=task.failed,task.deleted") as seen:
        publish(
            runtime.redis, [Event(kind=Kind.TASK_CREATED, task_id=1), Event(kind=Kind.TASK_FAILED, task_id=1)]
        )
        publish(runtime.redis, [Event(kind=Kind.TASK_DELETED, task_id=1)])
        eventually(lambda: len(seen.events) == 2)
    assert seen.kinds() == ["task.failed", "task.deleted"]
    assert server.get("/events/queues?types=task.exploded")[0] == 422
    assert server.get("/events/queues?task_id=0")[0] == 422
    assert server.get("/events/queues?task_id=999")[0] == 404


def test_a_lost_event_is_late_and_not_missing(server: WebServer, runtime: Runtime) -> None:
    task_id = enqueue.create_task(runtime, NewTask(type="noop", items=[{}])).task_id
    with stream(server) as seen:
        done = sa.update(Task).where(Task.id == task_id)
        with runtime.transaction() as session:
            now = sa.func.now()
            session.execute(
                done.values(status="completed", completed_items=1, finished_at=now, updated_at=now)
            )
        eventually(lambda: "task.completed" in seen.kinds(), 20)
    assert seen.events[-1].data["counts"]["completed"] == 1


def test_streams_go_on_over_an_outage_of_redis(server: WebServer, runtime: Runtime) -> None:
    with stream(server) as seen:
        runtime.redis.client_kill_filter(_type="normal", skipme=True)
        eventually(lambda: publish(runtime.redis, [_update(3, 50)]) or seen.events)
        assert not seen.ended


def test_a_client_that_reads_nothing_is_dropped_and_harms_nobody(server: WebServer, runtime: Runtime) -> None:
    lazy = socket.create_connection(("127.0.0.1", server.port))
    request = f"GET /events/queues HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {server.key}\r\n\r\n"
    lazy.sendall(request.encode())
    assert b"200 OK" in lazy.recv(12 + 300)
    with stream(server) as busy:
        for begin in range(0, 3000, 100):
            events = [
                Event(kind=Kind.TASK_CREATED, task_id=1 + begin + one, message="x" * 10_000)
                for one in range(100)
            ]
            publish(runtime.redis, events)
        eventually(lambda: len(busy.events) == 3000, 30)
        began = time.monotonic()
        assert server.get("/api/queues/ongoing")[0] == 200
        assert time.monotonic() - began < 2
    lazy.settimeout(10)
    received = 0
    try:
        while chunk := lazy.recv(1 << 20):
            received += len(chunk)
    except ConnectionResetError:
        pass
    lazy.close()
    assert received < 3000 * 10_000


def test_a_stop_ends_the_streams_and_exits_0(server: WebServer) -> None:
    with stream(server) as one, stream(server) as other:
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8
        eventually(lambda: one.ended and other.ended)


def test_a_stream_needs_a_key_or_a_login(server: WebServer) -> None:
    server.key = "wrong"
    assert server.get("/events/queues")[0] == 401
