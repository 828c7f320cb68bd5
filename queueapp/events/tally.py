"""Counters and histograms of all worker processes, summed in one Redis hash, for whoever scrapes them.

A worker adds what has happened since it last told, a few commands twice a second. Redis may forget them: then they
begin anew at zero, as those who read counters expect. Fields: `kind|operation|label` (docs/operations.md).
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from typing import Any

import redis

from queueapp.events import keys

#: Upper bounds of the histograms' buckets, in seconds; the last bucket holds what is above all.
BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
#: Seconds between two tellings.
TELL_SECONDS = 0.5
#: Seconds for which Redis is left alone after it could not be reached.
REST_SECONDS = 5.0
#: What is kept at most while Redis is away.
KEPT = 200_000


class Tally:
    """What one process has counted and not told yet; any thread may add."""

    def __init__(self) -> None:
        self._ran: deque[tuple[str, str, float | None]] = deque(maxlen=KEPT)
        self._picked: deque[tuple[str, float]] = deque(maxlen=KEPT)
        self._untold: dict[str, float] = {}
        self._told_at = 0.0

    def ran(self, operation: str, outcome: str, seconds: float | None) -> None:
        """Note what became of an item, and how long it ran."""
        self._ran.append((operation, outcome, seconds))

    def picked_up(self, operation: str, seconds: float) -> None:
        """Note how long after it was due an item started."""
        self._picked.append((operation, seconds))

    def tell(self, client: redis.Redis, *, now: bool = False) -> None:
        """Add what has gathered to the sums, at most twice a second. Raises redis.RedisError; nothing is lost."""
        if not now and time.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._gather()
        # Not again at once, should Redis be out of reach.
        self._told_at = time.monotonic() + REST_SECONDS
        if self._untold:
            add(client, self._untold)
            self._untold = {}
        self._told_at = time.monotonic()

    def _gather(self) -> None:
        while self._ran:
            operation, outcome, seconds = self._ran.popleft()
            self._count(f"items|{operation}|{outcome}")
            if seconds is not None and outcome in {"completed", "failed", "skipped", "canceled", "retry"}:
                self._observe("duration", operation, seconds)
        while self._picked:
            self._observe("pickup", *self._picked.popleft())

    def _observe(self, kind: str, operation: str, seconds: float) -> None:
        self._count(f"{kind}|{operation}|{bisect_left(BUCKETS, seconds)}")
        self._count(f"{kind}|{operation}|sum", max(seconds, 0.0))

    def _count(self, field: str, amount: float = 1) -> None:
        self._untold[field] = self._untold.get(field, 0) + amount


def add(client: redis.Redis, amounts: Mapping[str, float]) -> None:
    """Add amounts to fields of the sums in one round trip. Raises redis.RedisError."""
    pipe = client.pipeline(transaction=True)
    for field, amount in amounts.items():
        if isinstance(amount, int):
            pipe.hincrby(keys.TALLY, field, amount)
        else:
            pipe.hincrbyfloat(keys.TALLY, field, round(amount, 6))
    pipe.execute()


def read(client: redis.Redis) -> dict[tuple[str, str, str], float]:
    """Return the sums by kind, operation and label. Raises redis.RedisError."""
    stored: Any = client.hgetall(keys.TALLY)
    found: dict[tuple[str, str, str], float] = {}
    for field, amount in stored.items():
        kind, operation, label = field.decode().split("|", 2)
        found[kind, operation, label] = float(amount)
    return found
