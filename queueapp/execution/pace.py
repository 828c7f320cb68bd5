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


class Pace:
    """A recent-weighted average of milliseconds per item and operation."""

    def __init__(self) -> None:
        #: what monitoring counts, told along with it
        self.tally = Tally()
        self._ms: dict[str, float] = {}
        self._told_at = 0.0

    def took(self, operation: str, seconds: float) -> None:
        """Note how long an item took; one slow item weighs at once, quick ones gradually."""
        ms = seconds * 1000
        known = self._ms.get(operation)
        if known is None or ms > max(known * 20, SLOW_MS):
            self._ms[operation] = ms
        else:
            self._ms[operation] = known + (ms - known) * WEIGHT

    def of_slowest(self) -> float:
        """Return the milliseconds of the slowest operation run by this process; endless while none has run."""
        return max(self._ms.values(), default=math.inf)

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
