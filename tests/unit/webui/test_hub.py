"""The hub and its clients, with a source of events that the test holds in its hand."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest
import redis

from queueapp.events.kinds import Event, Kind
from tests.waiting import eventually
from webui.events import hub as hub_module
from webui.events.client import Client
from webui.events.frames import encode, is_covered
from webui.events.hub import Hub


class HandSource:
    """Gives what the test puts in; an exception put in is raised."""

    def __init__(self) -> None:
        self.given: queue.SimpleQueue[Event | Exception] = queue.SimpleQueue()
        self.last_id = ""
        self.count = 0

    def start(self, last_id: str | None) -> bool:
        """Begin at the beginning."""
        self.last_id = "e-0-0"
        return True

    def read(self) -> list[tuple[str, Event]]:
        """Wait a little for one event."""
        try:
            given = self.given.get(timeout=0.05)
        except queue.Empty:
            return []
        if isinstance(given, Exception):
            raise given
        self.count += 1
        self.last_id = f"e-{self.count}-0"
        return [(self.last_id, given)]


@pytest.fixture
def source() -> HandSource:
    """What the hub reads."""
    return HandSource()


@pytest.fixture
def hub(source: HandSource) -> Iterator[Hub]:
    """A hub that is reading."""
    made = Hub(source)
    made.start()
    yield made
    made.close()


def _all(client: Client) -> str:
    client.end()
    return b"".join(client.chunks()).decode()


def test_each_client_gets_what_it_wants(hub: Hub, source: HandSource) -> None:
    everything, of_two, failures = Client(), Client(task_id=2), Client(kinds=[Kind.TASK_FAILED])
    for each in (everything, of_two, failures):
        hub.join(each)
    for task_id, kind in ((1, Kind.TASK_CREATED), (2, Kind.TASK_CREATED), (1, Kind.TASK_FAILED)):
        source.given.put(Event(kind=kind, task_id=task_id))
    source.given.put(Event(kind=Kind.ITEM_UPDATED, task_id=2, item_id=5))
    eventually(lambda: hub.last_id == "e-4-0")
    assert _all(everything).count("event: ") == 3
    assert [line for line in _all(of_two).splitlines() if line.startswith("event")] == [
        "event: task.created",
        "event: item.updated",
    ]
    assert _all(failures).count("event: task.failed") == 1


def test_a_client_that_lags_is_dropped_and_its_connection_cut(hub: Hub, source: HandSource) -> None:
    cut: list[bool] = []
    lazy = Client(on_drop=lambda: cut.append(True), max_waiting=3)
    hub.join(lazy)
    for task_id in range(6):
        source.given.put(Event(kind=Kind.TASK_CREATED, task_id=task_id))
    eventually(lambda: hub.last_id == "e-6-0")
    assert cut == [True]
    assert b"".join(lazy.chunks()).count(b"event: ") == 3


def test_the_hub_goes_on_after_an_outage_of_redis(hub: Hub, source: HandSource) -> None:
    client = Client()
    hub.join(client)
    source.given.put(redis.ConnectionError("gone"))
    eventually(lambda: not hub.connected)
    source.given.put(Event(kind=Kind.TASK_CREATED, task_id=1))
    eventually(lambda: hub.connected and hub.last_id == "e-1-0")
    assert _all(client).count("event: task.created") == 1


def test_closing_ends_every_stream_also_of_those_who_come_later(hub: Hub) -> None:
    before, after = Client(), Client()
    hub.join(before)
    hub.close()
    hub.join(after)
    assert list(before.chunks()) == list(after.chunks()) == []


def test_a_silent_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch, source: HandSource) -> None:
    monkeypatch.setattr(hub_module, "HEARTBEAT_SECONDS", 0.01)
    hub, client = Hub(source), Client()
    hub.join(client)
    hub.start()
    assert next(client.chunks()).startswith(b": still here\n\n")
    hub.close()


def test_what_a_replay_told_is_not_told_again() -> None:
    client = Client()
    for number in (1, 2, 3):
        client.offer(encode(f"e-{number}-0", Event(kind=Kind.TASK_CREATED, task_id=number)))
    client.pass_over("e-2-0")
    assert _all(client).count("event: ") == 1


@pytest.mark.parametrize(
    ("event_id", "by", "covered"),
    [
        ("e-1-0", "e-1-0", True),
        ("e-9-0", "e-10-0", True),
        ("e-10-1", "e-10-0", False),
        ("e-1-0", "f-2-0", False),
    ],
)
def test_ids_are_compared_within_one_stream(event_id: str, by: str, covered: bool) -> None:
    assert is_covered(event_id, by) is covered


def test_others_get_their_turn_between_the_clients_of_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []

    class Counted(Client):
        def offer(self, frame: object) -> None:
            heard.append(1)

    turns: list[int] = []
    hub = Hub(HandSource())
    for _ in range(2 * hub_module.AT_ONCE + 1):
        hub.join(Counted())
    monkeypatch.setattr(hub_module.time, "sleep", lambda seconds: turns.append(len(heard)))
    hub.publish([("e-1-0", Event(kind=Kind.TASK_CREATED, task_id=1))])
    assert turns == [hub_module.AT_ONCE, 2 * hub_module.AT_ONCE]
    assert len(heard) == 2 * hub_module.AT_ONCE + 1
