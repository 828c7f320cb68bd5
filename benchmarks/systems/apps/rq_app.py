"""What RQ's workers run."""

from __future__ import annotations

import os
from functools import cache

import redis

from benchmarks.systems import stamps

QUEUE = "benchmark"


def noop() -> None:
    """Do nothing."""


def stamp() -> None:
    """Say when it started."""
    stamps.leave(_client())


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])
