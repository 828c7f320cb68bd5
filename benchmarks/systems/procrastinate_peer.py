"""Procrastinate: jobs and their status in Postgres, no Redis."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import procrastinate

from benchmarks.services import Services
from benchmarks.systems.base import PROCESSES, THREADS
from benchmarks.systems.postgres_jobs import PostgresSystem
from benchmarks.systems.processes import running

STAGED = "benchmark-staged"
QUEUE = "benchmark"


class ProcrastinatePeer(PostgresSystem):
    """Workers of the command line, with their concurrency set to the threads of the others."""

    name = "Procrastinate (durable)"
    show = f"UPDATE procrastinate_jobs SET queue_name = '{QUEUE}' WHERE queue_name = '{STAGED}'"
    count = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"
    clear = "DELETE FROM procrastinate_jobs WHERE status = 'succeeded'"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._app = procrastinate.App(
            connector=procrastinate.SyncPsycopgConnector(conninfo=services.database_url)
        )
        self._app.open()
        self._app.schema_manager.apply_schema()

    @contextmanager
    def workers(self) -> Iterator[None]:
        """One command for each process."""
        command = [
            sys.executable,
            "-m",
            "procrastinate",
            "--app=benchmarks.systems.apps.procrastinate_app.app",
        ]
        work = ["worker", "-c", str(THREADS), "-q", QUEUE]
        environment = {"DATABASE_URL": self.services.database_url, "REDIS_URL": self.services.redis_url}
        with running([[*command, *work]] * PROCESSES, {**environment, "PYTHONPATH": "."}):
            yield

    def send(self, task: str, *, staged: bool) -> None:
        """Defer by name."""
        self._app.configure_task(task, queue=STAGED if staged else QUEUE).defer()

    def send_many(self, count: int, task: str) -> None:
        """Defer a thousand by one call."""
        job = self._app.configure_task(task, queue=STAGED)
        for start in range(0, count, 1000):
            job.batch_defer(*({} for _ in range(min(1000, count - start))))

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
        self.observer.execute("DELETE FROM procrastinate_jobs WHERE queue_name = %s", (STAGED,))
