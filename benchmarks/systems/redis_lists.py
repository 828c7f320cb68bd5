"""What peers with their queue in a list of Redis have in common: staged in one list, renamed into the other."""

from __future__ import annotations

import abc
import time
from collections.abc import Callable, Iterator

import redis

from benchmarks.services import Services
from benchmarks.systems import stamps
from benchmarks.systems.base import PickUp, System
from benchmarks.systems.processes import wait_for


class RedisListSystem(System):
    """A peer that is told to send, and asked how much it has recorded as done."""

    has_bulk = False
    #: lists of Redis: the one that workers read, and one that none reads
    consumed: str
    staged: str

    def __init__(self, services: Services) -> None:
        self.services = services
        self.redis = redis.Redis.from_url(services.redis_url, socket_timeout=None)
        self._expected = 0

    @abc.abstractmethod
    def send(self, task: str, *, staged: bool) -> None:
        """Send `noop`, `nap` or `stamp` to the workers, or out of their sight."""

    @abc.abstractmethod
    def done(self) -> int:
        """How many tasks are recorded as done since `forget`."""

    @abc.abstractmethod
    def forget(self) -> None:
        """Forget all that is done."""

    def stage(self, count: int, task: str = "noop") -> None:
        """Send to the list that no worker reads."""
        for _ in range(count):
            self.send(task, staged=True)
        self._expected = count

    def release(self) -> float:
        """Rename the list: all appear at once."""
        self.forget()
        released_at = time.monotonic()
        self.redis.rename(self.staged, self.consumed)
        return released_at

    def wait_until_done(self, timeout_seconds: float) -> float:
        """As many results as tasks."""
        wait_for(lambda: self.done() >= self._expected, timeout_seconds, self.name, every_seconds=0.02)
        return time.monotonic()

    def pick_up(self) -> PickUp:
        """Send one task to idle workers."""
        self.forget()
        called_at = time.monotonic()
        self.send("stamp", staged=False)
        stored_at = time.monotonic()
        started_at = stamps.take(self.redis)
        wait_for(lambda: self.done() >= 1, 10, "the result", every_seconds=0.001)
        return PickUp.of(called_at=called_at, stored_at=stored_at, started_at=started_at)

    def enqueue_many(self, count: int) -> float:
        """No call for many: one by one."""
        return sum(self.enqueue_singly(count))

    def enqueue_singly(self, count: int) -> Iterator[float]:
        """Send out of the workers' sight."""
        yield from timed(count, lambda: self.send("noop", staged=True))
        self.redis.delete(self.staged)


def timed(count: int, act: Callable[[], object]) -> Iterator[float]:
    """The seconds that each of `count` calls took."""
    for _ in range(count):
        before = time.monotonic()
        act()
        yield time.monotonic() - before
