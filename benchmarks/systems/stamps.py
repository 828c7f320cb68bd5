"""Tells the benchmark when a worker started an item: a list in Redis of monotonic times.

On Linux CLOCK_MONOTONIC is one clock for all processes of a host, so the times compare.
"""

from __future__ import annotations

import time

import redis

KEY = "benchmark:stamps"

#: Seconds after which an item that has not started counts as lost.
TIMEOUT_SECONDS = 30


def leave(client: redis.Redis) -> None:
    """Note that an item starts now."""
    client.rpush(KEY, repr(time.monotonic()))


def take(client: redis.Redis) -> float:
    """Wait for the next note and return its time. Raises TimeoutError."""
    found = client.blpop([KEY], timeout=TIMEOUT_SECONDS)
    if found is None:
        raise TimeoutError("the item was not started")
    return float(found[1])
