"""SAQ as its manual sets it up: jobs in Postgres, woken by NOTIFY."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import redis
from saq import Queue

from benchmarks.systems import stamps
from benchmarks.systems.base import NAP_SECONDS, THREADS

QUEUE = "benchmark"

queue = Queue.from_url(os.environ["DATABASE_URL"], name=QUEUE)
client = redis.Redis.from_url(os.environ["REDIS_URL"])


async def noop(context: dict[str, Any]) -> None:
    """Do nothing."""


async def nap(context: dict[str, Any]) -> None:
    """Take five thousandths of a second."""
    await asyncio.sleep(NAP_SECONDS)


async def stamp(context: dict[str, Any]) -> None:
    """Say when it started."""
    stamps.leave(client)


settings = {"queue": queue, "functions": [noop, nap, stamp], "concurrency": THREADS}
