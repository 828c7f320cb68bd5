"""What peers with their jobs in a table of Postgres have in common: staged under another queue's name."""

from __future__ import annotations

import abc
import time
from collections.abc import Iterator

import psycopg
import redis

from benchmarks.services import Services
from benchmarks.systems import stamps
from benchmarks.systems.base import PickUp, System
from benchmarks.systems.processes import wait_for
from benchmarks.systems.redis_lists import timed


class PostgresSystem(System):
    """A peer that is told to send, and whose table tells what is done."""

    durable = True
    has_bulk = True
    #: SQL that shows what is staged to the workers, counts what is done, forgets it
    show: str
    count: str
    clear: str

    def __init__(self, services: Services) -> None:
        self.services = services
        self.redis = redis.Redis.from_url(services.redis_url, socket_timeout=None)
        self.observer = psycopg.connect(services.database_url, autocommit=True)
        self._expected = 0

    @abc.abstractmethod
    def send(self, task: str, *, staged: bool) -> None:
        """Send `noop`, `nap` or `stamp` to the workers, or out of their sight."""

    @abc.abstractmethod
    def send_many(self, count: int, task: str) -> None:
        """Store jobs out of the workers' sight as fast as the system allows."""

    def done(self) -> int:
        """How many jobs are recorded as done."""
        row = self.observer.execute(self.count).fetchone()
        return int(row[0]) if row else 0

    def stage(self, count: int, task: str = "noop") -> None:
        """Store under a name that no worker asks for."""
        self.send_many(count, task)
        self._expected = count

    def release(self) -> float:
        """Give them the name that workers ask for, and send one job more, which wakes them."""
        self.observer.execute(self.clear)
        self.observer.execute(self.show)
        released_at = time.monotonic()
        self.send("noop", staged=False)
        return released_at

    def wait_until_done(self, timeout_seconds: float) -> float:
        """As many jobs done as were staged, and the one that woke the workers."""
        wait_for(lambda: self.done() > self._expected, timeout_seconds, self.name, every_seconds=0.02)
        return time.monotonic()

    def pick_up(self) -> PickUp:
        """Send one job to idle workers."""
        self.observer.execute(self.clear)
        called_at = time.monotonic()
        self.send("stamp", staged=False)
        stored_at = time.monotonic()
        started_at = stamps.take(self.redis)
        wait_for(lambda: self.done() >= 1, 10, "the record of its end", every_seconds=0.001)
        return PickUp.of(called_at=called_at, stored_at=stored_at, started_at=started_at)

    def enqueue_many(self, count: int) -> float:
        """By the call for many."""
        before = time.monotonic()
        self.send_many(count, "noop")
        seconds = time.monotonic() - before
        self.observer.execute(self.clear)
        return seconds

    def enqueue_singly(self, count: int) -> Iterator[float]:
        """One call each, out of the workers' sight."""
        yield from timed(count, lambda: self.send("noop", staged=True))
        self.observer.execute(self.clear)
