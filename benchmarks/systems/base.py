"""What every system under measurement can do; a peer joins by one class more."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar

from benchmarks.services import Services

#: Worker processes of each system, and threads in each.
PROCESSES = 2
THREADS = 8
#: What an item takes that waits for something, as most do.
NAP_SECONDS = 0.005


@dataclass(frozen=True)
class PickUp:
    """One latency, in seconds: until an idle worker started the item."""

    #: from the moment the item was stored (Postgres: its commit returned; Redis: the push returned)
    after_stored: float
    #: from the moment the caller asked
    after_call: float

    @classmethod
    def of(cls, *, called_at: float, stored_at: float, started_at: float) -> PickUp:
        """From three monotonic times; a worker may have started it before the call returned."""
        return cls(max(started_at - stored_at, 0.0), max(started_at - called_at, 0.0))


class System(abc.ABC):
    """One queue with real worker processes on the Postgres and Redis of this run."""

    #: as shown in the tables
    name: ClassVar[str]
    #: whether the status of each item survives a flush of Redis
    durable: ClassVar[bool]
    #: whether many items can be stored by one call
    has_bulk: ClassVar[bool]

    @abc.abstractmethod
    def __init__(self, services: Services) -> None:
        """Connect to the servers of this run."""

    @abc.abstractmethod
    def workers(self) -> AbstractContextManager[None]:
        """Run PROCESSES worker processes of THREADS threads while the context is open."""

    @abc.abstractmethod
    def stage(self, count: int, task: str = "noop") -> None:
        """Store items, `noop` or `nap`, in such a way that no worker sees them yet."""

    @abc.abstractmethod
    def release(self) -> float:
        """Let the workers see what was staged; returns the `time.monotonic()` from which they could."""

    @abc.abstractmethod
    def wait_until_done(self, timeout_seconds: float) -> float:
        """Wait until every staged item is recorded as done; returns the `time.monotonic()` of it."""

    @abc.abstractmethod
    def pick_up(self) -> PickUp:
        """Send one item to idle workers and learn when it started."""

    @abc.abstractmethod
    def enqueue_many(self, count: int) -> float:
        """Store no-op items as fast as the system allows; returns the seconds it took."""

    @abc.abstractmethod
    def enqueue_singly(self, count: int) -> Iterator[float]:
        """Store no-op items one by one as separate pieces of work; yields the seconds of each."""
