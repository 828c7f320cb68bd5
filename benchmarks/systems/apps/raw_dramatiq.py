"""Stock Dramatiq as its manual sets it up: the Redis broker, default middleware, two actors."""

from __future__ import annotations

import os
import time

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker

from benchmarks.systems import stamps
from benchmarks.systems.base import NAP_SECONDS

NAMESPACE = "benchmark-dramatiq"

REDIS_URL = os.environ["REDIS_URL"]
broker = RedisBroker(url=REDIS_URL, namespace=NAMESPACE)
dramatiq.set_broker(broker)
client = redis.Redis.from_url(REDIS_URL)


@dramatiq.actor
def noop() -> None:
    """Do nothing."""


@dramatiq.actor
def nap() -> None:
    """Take five thousandths of a second."""
    time.sleep(NAP_SECONDS)


@dramatiq.actor
def stamp() -> None:
    """Say when it started."""
    stamps.leave(client)
