"""Huey: tasks and results in Redis only."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.services import Services
from benchmarks.systems.base import PROCESSES, THREADS
from benchmarks.systems.processes import running
from benchmarks.systems.redis_lists import RedisListSystem

APP = "benchmarks.systems.apps.huey_app"


class HueyPeer(RedisListSystem):
    """Consumers of threads; results are kept, or nobody would know what is done."""

    name = "Huey (Redis only)"
    durable = False
    consumed = "huey.redis.benchmark"
    staged = "huey.redis.benchmark-staged"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        os.environ["REDIS_URL"] = services.redis_url
        self._app: Any = importlib.import_module(APP)

    @contextmanager
    def workers(self) -> Iterator[None]:
        """One consumer for each process."""
        consumer = str(Path(sys.executable).with_name("huey_consumer"))
        command = [sys.executable, consumer, f"{APP}.app", "-w", str(THREADS), "-k", "thread", "--quiet"]
        with running([command] * PROCESSES, {"REDIS_URL": self.services.redis_url, "PYTHONPATH": "."}):
            yield

    def send(self, task: str, *, staged: bool) -> None:
        """Enqueue; the list it goes to is named by the storage."""
        storage = self._app.app.storage
        storage.queue_key = self.staged if staged else self.consumed
        getattr(self._app, task)()

    def done(self) -> int:
        """Results in Redis."""
        return int(self._app.app.storage.result_store_size())

    def forget(self) -> None:
        """Empty the results."""
        self._app.app.storage.flush_results()
