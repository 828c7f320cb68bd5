"""SAQ: jobs and their status in Postgres."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from saq import Queue

from benchmarks.services import Services
from benchmarks.systems.base import PROCESSES
from benchmarks.systems.postgres_jobs import PostgresSystem
from benchmarks.systems.processes import running

QUEUE = "benchmark"
#: Staged jobs are due in the far future until they are shown.
FAR_SECONDS = 1_000_000


class SaqPeer(PostgresSystem):
    """Workers of asyncio: as many jobs at once as the others have threads."""

    name = "SAQ (durable)"
    has_bulk = False
    show = "UPDATE saq_jobs SET scheduled = 0 WHERE status = 'queued'"
    count = "SELECT count(*) FROM saq_jobs WHERE status = 'complete'"
    clear = "DELETE FROM saq_jobs WHERE status = 'complete'"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._queue = Queue.from_url(services.database_url, name=QUEUE)
        self._wait(self._queue.connect())

    def _wait(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result()

    @contextmanager
    def workers(self) -> Iterator[None]:
        """One command for each process."""
        command = [sys.executable, "-m", "saq", "benchmarks.systems.apps.saq_app.settings"]
        environment = {"DATABASE_URL": self.services.database_url, "REDIS_URL": self.services.redis_url}
        with running([command] * PROCESSES, {**environment, "PYTHONPATH": "."}):
            yield

    def send(self, task: str, *, staged: bool) -> None:
        """Enqueue from this thread, as a synchronous program would."""
        self._wait(self._queue.enqueue(task, scheduled=int(time.time()) + FAR_SECONDS if staged else 0))

    def send_many(self, count: int, task: str) -> None:
        """SAQ has no call for many: one by one, without a thread's turn between them."""

        async def all_of_them() -> None:
            for _ in range(count):
                await self._queue.enqueue(task, scheduled=int(time.time()) + FAR_SECONDS)

        self._wait(all_of_them())

    def enqueue_many(self, count: int) -> float:
        """The same, and take them out of the table again."""
        seconds = super().enqueue_many(count)
        self._drop_staged()
        return seconds

    def enqueue_singly(self, count: int) -> Iterator[float]:
        """The same, and take them out of the table again."""
        yield from super().enqueue_singly(count)
        self._drop_staged()

    def _drop_staged(self) -> None:
        self.observer.execute("DELETE FROM saq_jobs WHERE status = 'queued'")
