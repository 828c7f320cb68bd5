"""How long items of each operation took lately in this process, told to all through Redis."""

from __future__ import annotations

import math
import time

import redis

from queueapp.events import keys
from queueapp.events.tally import Tally

#: Weight of the newest item in the average.
WEIGHT = 0.05
#: An item slower than this and far off the average replaces it.
SLOW_MS = 100.0
#: Seconds between two tellings.
TELL_SECONDS = 0.5
#: Seconds after which an operation that has not been met again is no longer counted on.
RECENT_SECONDS = 2.0


class Pace:
    """A recent-weighted average of milliseconds per item and operation."""

    def __init__(self) -> None:
        #: what monitoring counts, told along with it
        self.tally = Tally()
        self._ms: dict[str, float] = {}
        self._met_at: dict[str, float] = {}
        self._told_at = 0.0

    def met(self, operation: str) -> None:
        """Note that items of an operation are at hand."""
        self._met_at[operation] = time.monotonic()

    def took(self, operation: str, seconds: float) -> None:
        """Note how long an item took; one slow item weighs at once, quick ones gradually."""
        self.met(operation)
        ms = seconds * 1000
        known = self._ms.get(operation)
        if known is None:
            self._told_at = 0.0  # others send them one by one until they know
        if known is None or ms > max(known * 20, SLOW_MS):
            self._ms[operation] = ms
        else:
            self._ms[operation] = known + (ms - known) * WEIGHT

    def of_slowest(self) -> float:
        """Return the milliseconds of the slowest operation met lately; endless while that is not known."""
        since = time.monotonic() - RECENT_SECONDS
        lately = [name for name, at in self._met_at.copy().items() if at > since]
        return max((self._ms.get(name, math.inf) for name in lately), default=math.inf)

    def of(self, operation: str) -> float | None:
        """Return the milliseconds an item of an operation takes, or None."""
        return self._ms.get(operation)

    def tell(self, client: redis.Redis) -> None:
        """Store averages and counts for others to see, at most twice a second. Raises redis.RedisError."""
        self.tally.tell(client)
        now = time.monotonic()
        if self._ms and now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            client.hset(keys.PACE, mapping={name: f"{ms:.4f}" for name, ms in self._ms.copy().items()})
