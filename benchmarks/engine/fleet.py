"""The processes of the Procfile that run items, and a client beside them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg
import redis

from benchmarks.services import Services
from benchmarks.systems.base import PROCESSES, THREADS
from benchmarks.systems.processes import running, wait_for
from queueapp import bootstrap, config
from queueapp.runtime import Runtime
from queueapp.services import enqueue
from queueapp.services.enqueue import NewTask

ACTORS = "benchmarks.systems.apps.engine_operations"
PRIORITY_THREADS = 4


@dataclass
class Fleet:
    """A client on this run's servers; workers run while `workers` is open."""

    services: Services
    runtime: Runtime
    redis: redis.Redis
    observer: psycopg.Connection[Any]

    @contextmanager
    def workers(self) -> Iterator[None]:
        """Two workers of eight threads and one of four for the lanes above normal, as `queueapp up` runs them."""
        command = [sys.executable, "-m", "dramatiq", ACTORS, "--processes", "1", "--threads"]
        ordinary = [[*command, str(THREADS)] for _ in range(PROCESSES)]
        with running(
            [*ordinary, [*command, str(PRIORITY_THREADS), "-Q", "critical", "high"]], self.environment
        ):
            wait_for(self._all_registered, 30, "the workers' registration", every_seconds=0.05)
            self.finish(self.create("noop", [{}] * 200))
            yield

    def _all_registered(self) -> bool:
        return self.value("SELECT count(*) FROM queue_workers WHERE state = 'running'") == PROCESSES + 1

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead a process to this run's servers."""
        return {
            "DATABASE_URL": self.services.database_url,
            "REDIS_URL": self.services.redis_url,
            "QUEUEAPP_QUEUE__ACTORS": ACTORS,
            "QUEUEAPP_DATA_DIR": tempfile.gettempdir(),
        }

    def create(self, operation: str, payloads: Sequence[dict[str, Any]], **options: Any) -> int:
        """Create a task by the call that the API makes."""
        new = NewTask(type=operation, items=list(payloads), created_by="benchmark", **options)
        return enqueue.create_task(self.runtime, new).task_id

    def finish(self, task_id: int, timeout_seconds: float = 600) -> None:
        """Wait until a task reads as finished."""
        wait_for(lambda: self.is_finished(task_id), timeout_seconds, "the task's end", every_seconds=0.002)

    def wait_until_running(self, task_id: int, count: int) -> None:
        """Wait until so many items of a task run."""
        query = "SELECT running_items >= %s FROM queue_tasks WHERE id = %s"
        wait_for(
            lambda: bool(self.value(query, count, task_id)), 60, "the start of items", every_seconds=0.002
        )

    def is_finished(self, task_id: int) -> bool:
        """Whether it is terminal and nothing of it runs."""
        return bool(
            self.value(
                "SELECT finished_at IS NOT NULL AND running_items = 0 FROM queue_tasks WHERE id = %s", task_id
            )
        )

    def value(self, query: str, *parameters: Any) -> Any:
        """The one value that a query gives."""
        row = self.observer.execute(query, parameters).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None

    def worker_bytes(self) -> int:
        """Resident memory of the largest worker process."""
        pids = self.observer.execute("SELECT pid FROM queue_workers WHERE state = 'running'").fetchall()
        return max(psutil.Process(pid).memory_info().rss for (pid,) in pids)

    def redis_bytes(self) -> int:
        """Memory that Redis uses."""
        return int(self.redis.info("memory")["used_memory"])


@contextmanager
def fleet_on(services: Services) -> Iterator[Fleet]:
    """A fleet on the servers of this run."""
    client = redis.Redis.from_url(services.redis_url)
    observer = psycopg.connect(services.database_url, autocommit=True)
    fleet = Fleet(services, None, client, observer)  # type: ignore[arg-type]
    fleet.runtime = bootstrap.runtime(config.load(environ=fleet.environment))
    try:
        yield fleet
    finally:
        fleet.runtime.close()
