"""Procrastinate as its manual sets it up: jobs in Postgres, woken by NOTIFY."""

from __future__ import annotations

import os
import time

import procrastinate
import redis

from benchmarks.systems import stamps
from benchmarks.systems.base import NAP_SECONDS

QUEUE = "benchmark"

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))
client = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task(name="noop", queue=QUEUE)
def noop() -> None:
    """Do nothing."""


@app.task(name="nap", queue=QUEUE)
def nap() -> None:
    """Take five thousandths of a second."""
    time.sleep(NAP_SECONDS)


@app.task(name="stamp", queue=QUEUE)
def stamp() -> None:
    """Say when it started."""
    stamps.leave(client)
