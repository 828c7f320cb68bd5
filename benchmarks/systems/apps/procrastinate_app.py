"""Procrastinate as its manual sets it up: jobs in Postgres, woken by NOTIFY."""

from __future__ import annotations

import os

import procrastinate
import redis

from benchmarks.systems import stamps

QUEUE = "benchmark"

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))
client = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task(name="noop", queue=QUEUE)
def noop() -> None:
    """Do nothing."""


@app.task(name="stamp", queue=QUEUE)
def stamp() -> None:
    """Say when it started."""
    stamps.leave(client)
