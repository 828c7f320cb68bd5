"""Huey as its manual sets it up: tasks and results in Redis."""

from __future__ import annotations

import os
import time

import redis
from huey import RedisHuey

from benchmarks.systems import stamps
from benchmarks.systems.base import NAP_SECONDS

NAME = "benchmark"

app = RedisHuey(NAME, url=os.environ["REDIS_URL"], store_none=True)
client = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task()
def noop() -> None:
    """Do nothing."""


@app.task()
def nap() -> None:
    """Take five thousandths of a second."""
    time.sleep(NAP_SECONDS)


@app.task()
def stamp() -> None:
    """Say when it started."""
    stamps.leave(client)
