"""Celery as its manual sets it up for durable results: messages in Redis, results in Postgres."""

from __future__ import annotations

import os
import time

import redis
from celery import Celery

from benchmarks.systems import stamps
from benchmarks.systems.base import NAP_SECONDS

QUEUE = "benchmark-celery"

app = Celery("benchmark", broker=os.environ["CELERY_BROKER"], backend=os.environ["CELERY_RESULTS"])
app.conf.update(
    task_default_queue=QUEUE,
    broker_connection_retry_on_startup=True,
    # As many as the other systems may hold, and acknowledged when done: nothing is lost with a worker.
    worker_prefetch_multiplier=16,
    task_acks_late=True,
)
client = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task(name="noop")
def noop() -> None:
    """Do nothing."""


@app.task(name="nap")
def nap() -> None:
    """Take five thousandths of a second."""
    time.sleep(NAP_SECONDS)


@app.task(name="stamp")
def stamp() -> None:
    """Say when it started."""
    stamps.leave(client)
