"""Raw Dramatiq: no ledger, no durable status, Redis only; what the durable systems are compared with."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker

from benchmarks.services import Services
from benchmarks.systems import stamps
from benchmarks.systems.base import PROCESSES, THREADS, PickUp, System
from benchmarks.systems.processes import running, wait_for

NAMESPACE = "benchmark-dramatiq"
STAGED = "benchmark-dramatiq-staged"
QUEUE = "default"


class RawDramatiq(System):
    """Stock broker and stock worker command."""

    name = "raw Dramatiq (no ledger)"
    durable = False
    has_bulk = False

    def __init__(self, services: Services) -> None:
        self._services = services
        self._redis = redis.Redis.from_url(services.redis_url, socket_timeout=None)
        self._broker = _broker(services.redis_url, NAMESPACE)
        self._stage = _broker(services.redis_url, STAGED)

    @contextmanager
    def workers(self) -> Iterator[None]:
        """One `dramatiq` command, which forks the worker processes."""
        command = [sys.executable, "-m", "dramatiq", "benchmarks.systems.apps.raw_dramatiq"]
        size = ["--processes", str(PROCESSES), "--threads", str(THREADS)]
        with running([[*command, *size]], {"REDIS_URL": self._services.redis_url}):
            yield

    def stage(self, count: int, task: str = "noop") -> None:
        """Push into a namespace that no worker consumes."""
        for _ in range(count):
            self._stage.enqueue(_message(task))

    def release(self) -> float:
        """Rename the staged queue into the one consumed: all messages appear at once."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.rename(f"{STAGED}:{QUEUE}", f"{NAMESPACE}:{QUEUE}")
            pipe.rename(f"{STAGED}:{QUEUE}.msgs", f"{NAMESPACE}:{QUEUE}.msgs")
            released_at = time.monotonic()
            pipe.execute()
        return released_at

    def wait_until_done(self, timeout_seconds: float) -> float:
        """A message leaves the hash of bodies when it is acknowledged."""
        wait_for(self._is_empty, timeout_seconds, "raw Dramatiq", every_seconds=0.005)
        return time.monotonic()

    def _is_empty(self) -> bool:
        return self._redis.hlen(f"{NAMESPACE}:{QUEUE}.msgs") == 0

    def pick_up(self) -> PickUp:
        """Send one message to idle workers."""
        called_at = time.monotonic()
        self._broker.enqueue(_message("stamp"))
        stored_at = time.monotonic()
        started_at = stamps.take(self._redis)
        wait_for(self._is_empty, 10, "the acknowledgement", every_seconds=0.001)
        return PickUp.of(called_at=called_at, stored_at=stored_at, started_at=started_at)

    def enqueue_many(self, count: int) -> float:
        """Dramatiq has no call for many messages: one push each."""
        return sum(self.enqueue_singly(count))

    def enqueue_singly(self, count: int) -> Iterator[float]:
        """Push into the namespace that no worker consumes."""
        for _ in range(count):
            before = time.monotonic()
            self._stage.enqueue(_message("noop"))
            yield time.monotonic() - before
        self._redis.delete(f"{STAGED}:{QUEUE}", f"{STAGED}:{QUEUE}.msgs")


def _broker(url: str, namespace: str) -> RedisBroker:
    broker = RedisBroker(url=url, namespace=namespace)
    broker.declare_queue(QUEUE)
    return broker


def _message(actor: str) -> Message[None]:
    return Message(queue_name=QUEUE, actor_name=actor, args=(), kwargs={}, options={})
