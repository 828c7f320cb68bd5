"""What RQ's workers run."""

from __future__ import annotations

import os
import time
from functools import cache

import redis

from benchmarks.systems import stamps
from benchmarks.systems.base import NAP_SECONDS

QUEUE = "benchmark"


def noop() -> None:
    """Do nothing."""


def nap() -> None:
    """Take five thousandths of a second."""
    time.sleep(NAP_SECONDS)


def stamp() -> None:
    """Say when it started."""
    stamps.leave(_client())


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])
