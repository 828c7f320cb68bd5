"""Changed tasks are read again and told again if they were not told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from queueapp.events.publish import view_event
from queueapp.events.subscribe import Subscriber
from queueapp.ledger import reads
from queueapp.runtime import Runtime, make_redis
from queueapp.services import cancel, enqueue
from queueapp.services.enqueue import NewTask
from tests.waiting import eventually
from webui.events import reread
from webui.events.client import Client
from webui.events.hub import Hub
from webui.events.reread import Rereader, ToldStates


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> ToldStates:
    """What was told; no change is too young to be looked at."""
    monkeypatch.setattr(reread, "GRACE_SECONDS", 0.0)
    return ToldStates()


@pytest.fixture
def hub(runtime: Runtime, told: ToldStates) -> Iterator[Hub]:
    """A hub on the real stream."""
    made = Hub(Subscriber(make_redis(runtime.settings.redis_url or ""), 0.05), told.note)
    made.start()
    yield made
    made.close()


def _length(runtime: Runtime) -> int:
    return int(runtime.redis.xlen("queueapp:events"))


def _task(runtime: Runtime) -> int:
    return enqueue.create_task(runtime, NewTask(type="noop", items=[{}, {}])).task_id


def test_what_was_told_is_not_told_again(runtime: Runtime, hub: Hub, told: ToldStates) -> None:
    rereader = Rereader(runtime, hub, told)
    rereader.run_once()
    task_id = _task(runtime)
    cancel.cancel_task(runtime, task_id, "anna")
    with runtime.transaction() as session:
        event = view_event(reads.get_task(session, task_id))
    eventually(lambda: told.is_told(event))
    length = _length(runtime)
    rereader.run_once()
    rereader.run_once()
    assert _length(runtime) == length


def test_what_was_lost_is_told_once(runtime: Runtime, hub: Hub, told: ToldStates) -> None:
    rereader = Rereader(runtime, hub, told)
    rereader.run_once()
    task_id = _task(runtime)
    cancel.cancel_task(runtime, task_id, "anna")
    runtime.redis.xtrim("queueapp:events", maxlen=0)
    told.forget()
    client = Client()
    hub.join(client)
    rereader.run_once()
    assert _length(runtime) == 1
    with runtime.transaction() as session:
        event = view_event(reads.get_task(session, task_id))
    eventually(lambda: told.is_told(event))
    hub.leave(client)  # waits for what the hub is handing out
    client.end()
    assert b"event: task.canceled" in b"".join(client.chunks())


def test_without_redis_clients_are_told_all_the_same(runtime: Runtime, told: ToldStates) -> None:
    class Away:
        last_id = "e-1-0"

        def start(self, last_id: str | None) -> bool:
            raise redis.ConnectionError("away")

        def read(self) -> list[object]:
            raise redis.ConnectionError("away")

    hub, client = Hub(Away(), told.note), Client()  # type: ignore[arg-type]
    hub.start()
    hub.join(client)
    rereader = Rereader(runtime, hub, told)
    rereader.run_once()
    cancel.cancel_task(runtime, _task(runtime), "anna")
    for _ in range(2):
        rereader.run_once()
    hub.close()
    assert b"".join(client.chunks()).count(b"event: task.canceled") == 1
