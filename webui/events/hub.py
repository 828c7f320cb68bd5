"""One reader of the event stream per process, fanned out to all its clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import redis
import structlog

from queueapp.events.kinds import Event, Kind
from webui.events import turns
from webui.events.client import Client
from webui.events.coalesce import Coalescer
from webui.events.frames import HEARTBEAT_SECONDS, Frame

log = structlog.get_logger(__name__)

#: pause before trying Redis again
RECONNECT_SECONDS = 0.5
#: clients served before others get their turn: a fraction of a millisecond
AT_ONCE = 10
#: a companion in the middle of something has so long to end
COMPANION_SECONDS = 5.0


class Source(Protocol):
    """Where events come from; `queueapp.events.subscribe.Subscriber` is one."""

    @property
    def last_id(self) -> str:
        """The id of the place it has read up to."""

    def start(self, last_id: str | None) -> bool:
        """Go to the place behind `last_id`, or to the newest event."""

    def read(self) -> list[tuple[str, Event]]:
        """Wait a moment for events and return them."""


class Hub:
    """Feeds clients. Its threads start with the first client, so after the process has forked."""

    def __init__(self, source: Source, on_event: Callable[[Event], None] = lambda event: None) -> None:
        """`on_event` sees each event taken in, before any client does."""
        self._source = source
        self._on_event = on_event
        self._coalescer = Coalescer()
        self._clients: set[Client] = set()
        #: held while frames are made and handed out, so that no client sees an older state after a newer
        self._lock = threading.RLock()
        self._started = False
        self._give_turn = turns.make()
        self._first_try = threading.Event()
        self._held_back = threading.Event()
        self._companions: list[threading.Thread] = []
        #: set when all streams have been ended
        self.closed = threading.Event()
        #: whether Redis answered last time
        self.connected = False

    @property
    def last_id(self) -> str:
        """The id of the newest event taken in; empty before the first connection to Redis."""
        return self._coalescer.last_id

    def start(self, wait_seconds: float = 1.0) -> None:
        """Start reading, unless done already; waits for the first try to reach Redis."""
        with self._lock:
            if not self._started:
                self._started = True
                for work in (self._read, self._send_held_back, self._beat):
                    threading.Thread(target=work, name=f"events{work.__name__}", daemon=True).start()
        self._first_try.wait(wait_seconds)

    def accompany(self, work: Callable[[], None], name: str) -> None:
        """Run `work` in a thread beside the hub; it is to return soon after `closed` is set."""
        companion = threading.Thread(target=work, name=name, daemon=True)
        self._companions.append(companion)
        companion.start()

    def join(self, client: Client) -> None:
        """Add a client; it gets what happens from now on. A closed hub ends it at once."""
        with self._lock:
            self._clients.add(client)
        if self.closed.is_set():
            client.end()

    def leave(self, client: Client) -> None:
        """Remove a client."""
        with self._lock:
            self._clients.discard(client)

    def watched_tasks(self) -> set[int]:
        """The tasks that some client looks at closely."""
        with self._lock:
            return {task_id for client in self._clients for task_id in client.watched}

    def client_count(self) -> int:
        """How many clients are connected."""
        return len(self._clients)

    def close(self) -> None:
        """End all streams, for good, and wait for the companions: they use connections that close next."""
        self.closed.set()
        self._held_back.set()
        with self._lock:
            for client in self._clients:
                client.end()
        for companion in self._companions:
            companion.join(COMPANION_SECONDS)

    def publish(self, events: list[tuple[str, Event]]) -> None:
        """Take in events in their order and send what is due."""
        now = time.monotonic()
        with self._lock:
            for event_id, event in events:
                self._on_event(event)
                frame = self._coalescer.add(event_id, event, now)
                if frame is not None:
                    self._send(frame)
        self._held_back.set()

    def _read(self) -> None:
        while not self.closed.is_set():
            try:
                events = self._source.read() if self.last_id else self._begin()
            except redis.RedisError as error:
                self._lose(error)
                continue
            self.connected = True
            if events:
                self.publish(events)
            self._first_try.set()

    def _begin(self) -> list[tuple[str, Event]]:
        """Find the place to read from; streams opened before that may have missed something."""
        late = self._first_try.is_set()
        self._source.start(None)
        self._coalescer.last_id = self._source.last_id
        return [(self._source.last_id, Event(kind=Kind.RESET))] if late else []

    def _lose(self, error: redis.RedisError) -> None:
        if self.connected or not self._first_try.is_set():
            log.warning("events cannot be read", reason=str(error))
        self.connected = False
        self._first_try.set()
        self.closed.wait(RECONNECT_SECONDS)

    def _send_held_back(self) -> None:
        while not self.closed.is_set():
            self._held_back.clear()
            with self._lock:
                for frame in self._coalescer.due(time.monotonic()):
                    self._send(frame)
                next_due = self._coalescer.next_due()
            self._held_back.wait(None if next_due is None else max(next_due - time.monotonic(), 0.0))

    def _beat(self) -> None:
        # One timer for all clients: a timer each would cost more than the events do.
        while not self.closed.wait(HEARTBEAT_SECONDS):
            with self._lock:
                for client in self._clients:
                    client.beat()

    def _send(self, frame: Frame) -> None:
        for number, client in enumerate(self._clients, 1):
            client.offer(frame)
            if number % AT_ONCE == 0:
                # To whoever waits for an answer; the lock keeps the clients as they are.
                self._give_turn()
