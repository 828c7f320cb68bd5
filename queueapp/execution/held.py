"""The items this process has claimed: those that wait for a thread and those that run."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from queueapp.execution.interrupts import Interrupts
from queueapp.ledger.claims import Claim


@dataclass(slots=True)
class Delivery:
    """A fetched message, acknowledged when the outcomes of all its items are committed."""

    lane: str
    redis_id: str
    open_items: int


@dataclass(slots=True)
class HeldItem:
    """A claimed item. Times are of this process's monotonic clock."""

    claim: Claim
    worker_id: int
    delivery: Delivery
    claimed_at: float
    timeout_seconds: float
    started_at: float | None = None
    #: its start has been handed to the writer
    announced: bool = False
    #: it did not stop when it was told to, and what it had started has been killed
    escalated: bool = False
    interrupts: Interrupts = field(default_factory=Interrupts)


class Held:
    """Waiting and running items by id. An item leaves `waiting` exactly once: to run or to be given back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, HeldItem] = {}
        self._running: dict[int, HeldItem] = {}

    def add(self, items: Sequence[HeldItem]) -> None:
        """Hold items that have just been claimed."""
        with self._lock:
            self._waiting.update((item.claim.item_id, item) for item in items)

    def start(self, item_id: int) -> HeldItem | None:
        """Move an item to running; None when it has been given back meanwhile."""
        with self._lock:
            item = self._waiting.pop(item_id, None)
            if item is not None:
                item.started_at = time.monotonic()
                self._running[item_id] = item
            return item

    def finish(self, item: HeldItem) -> bool:
        """Forget an item that has run; False when that was done already, and so was its outcome."""
        with self._lock:
            if self._running.get(item.claim.item_id) is not item:
                return False
            del self._running[item.claim.item_id]
            return True

    def drop(self, item_ids: Sequence[int] | None = None) -> list[HeldItem]:
        """Take waiting items away (None: all) and return them."""
        with self._lock:
            chosen = list(self._waiting) if item_ids is None else item_ids
            return [item for one in chosen if (item := self._waiting.pop(one, None)) is not None]

    def waiting(self) -> list[HeldItem]:
        """Return the items that wait for a thread."""
        with self._lock:
            return list(self._waiting.values())

    def has_waiting(self) -> bool:
        """Return whether items wait for a thread."""
        return bool(self._waiting)

    def running(self) -> list[HeldItem]:
        """Return the items that run."""
        with self._lock:
            return list(self._running.values())

    def longest_seconds(self) -> float:
        """Return for how long the oldest of the items that run has done so."""
        with self._lock:
            starts = [item.started_at for item in self._running.values() if item.started_at is not None]
        return time.monotonic() - min(starts) if starts else 0.0

    def ids(self) -> list[int]:
        """Return the ids of all items held."""
        with self._lock:
            return [*self._waiting, *self._running]

    def __bool__(self) -> bool:
        return bool(self._waiting or self._running)
