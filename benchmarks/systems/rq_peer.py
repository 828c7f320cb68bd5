"""RQ: jobs and results in Redis only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import rq

from benchmarks.services import Services
from benchmarks.systems.apps import rq_app
from benchmarks.systems.base import PROCESSES
from benchmarks.systems.processes import running
from benchmarks.systems.redis_lists import RedisListSystem

FINISHED = f"rq:finished:{rq_app.QUEUE}"


class RqPeer(RedisListSystem):
    """RQ has no threads: one process each, and without its fork per job, which would cost it most of its speed."""

    name = "RQ (Redis only)"
    durable = False
    consumed = f"rq:queue:{rq_app.QUEUE}"
    staged = "benchmark-rq-staged"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._queue = rq.Queue(rq_app.QUEUE, connection=self.redis)

    @contextmanager
    def workers(self) -> Iterator[None]:
        """One worker for each process."""
        command = [sys.executable, "-m", "rq.cli", "worker", "--worker-class", "rq.SimpleWorker", "--quiet"]
        where = ["--url", self.services.redis_url, rq_app.QUEUE]
        environment = {"REDIS_URL": self.services.redis_url, "PYTHONPATH": os.curdir}
        with running([[*command, *where]] * PROCESSES, environment):
            yield

    def send(self, task: str, *, staged: bool) -> None:
        """Enqueue; what is staged is put into the queue that workers read, and read only when there are any."""
        function: Any = getattr(rq_app, task)
        self._queue._key = self.staged if staged else self.consumed
        self._queue.enqueue(function)

    def done(self) -> int:
        """Jobs in the registry of finished ones."""
        return int(self.redis.zcard(FINISHED))

    def forget(self) -> None:
        """Forget finished jobs, with their hashes."""
        jobs = [f"rq:job:{one.decode()}" for one in self.redis.zrange(FINISHED, 0, -1)]
        self.redis.delete(FINISHED, *jobs)
