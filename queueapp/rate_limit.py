"""A rate limit shared by all workers on all hosts and kept in any rolling second."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

import redis

from queueapp import errors

#: The second is taken a tenth longer: what a network and a scheduler add to one request and not to the next
#: must not squeeze one more into a second as the provider counts it.
_GUARDED_SECOND_MICROSECONDS = 1_100_000
#: A moment missed by more than this is given up; a request sent late would crowd those behind it.
_LATEST_SECONDS = 0.04
#: Waits longer than this are not spent in a thread: the item goes back to the ledger.
LONGEST_WAIT_SECONDS = 3.0
_TRIES = 5


@dataclass(frozen=True)
class RateLimit:
    """At most `per_second` requests in any second. Redis is the clock and the memory."""

    connection: redis.Redis
    name: str
    per_second: float

    def wait_for_turn(self, sleep: Callable[[float], None]) -> None:
        """Return when a request may be sent, now.

        Raises RetryLater, without using an attempt, when the turn is too far off or Redis cannot be asked.
        """
        for _ in range(_TRIES):
            asked = time.monotonic()
            reserved, wait = self._run(hold_seconds=0)
            if not reserved:
                # Spread out, or all who were turned away would come back at one moment.
                later = wait + random.uniform(0, min(4 * wait, 10))
                message = f"{self.name} is asked no faster than allowed"
                raise errors.RetryLater(message, later, uses_attempt=False)
            if wait > 0:
                sleep(wait)
            if time.monotonic() - asked - wait <= _LATEST_SECONDS:
                return
        raise errors.RetryLater(
            f"this machine is too busy to keep to {self.name}'s pace", 2, uses_attempt=False
        )

    def hold(self, seconds: float) -> None:
        """Keep all workers waiting for `seconds`, as the provider asked."""
        self._run(hold_seconds=seconds)

    def _run(self, hold_seconds: float) -> tuple[bool, float]:
        interval = round(_GUARDED_SECOND_MICROSECONDS / self.per_second)
        longest = round(LONGEST_WAIT_SECONDS * 1e6)
        arguments = [interval, longest, round(hold_seconds * 1e6)]
        try:
            script = self.connection.register_script(_source())
            reserved, wait = cast(
                "tuple[int, int]", script(keys=[f"queueapp:rate:{self.name}"], args=arguments)
            )
        except redis.RedisError as error:
            message = f"Redis, which keeps {self.name}'s rate limit, cannot be reached"
            raise errors.RetryLater(message, 5, uses_attempt=False) from error
        return bool(reserved), wait / 1e6


@cache
def _source() -> str:
    return resources.files(__package__).joinpath("rate_limit.lua").read_text(encoding="utf-8")
