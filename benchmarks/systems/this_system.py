"""This system: every status, count and result durable in Postgres."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
import redis
from sqlalchemy.orm import Session

from benchmarks.services import Services
from benchmarks.systems import stamps
from benchmarks.systems.base import PROCESSES, THREADS, PickUp, System
from benchmarks.systems.processes import running, wait_for
from queueapp import bootstrap, config
from queueapp.dispatch.window import Window
from queueapp.events.kinds import Event
from queueapp.ledger.dispatchable import Dispatched
from queueapp.services import cancel, enqueue
from queueapp.services.enqueue import NewTask

ACTORS = "benchmarks.systems.apps.this_system"
OPERATIONS = {"noop": "noop", "nap": "benchmark_nap"}


class TimedWindow(Window):
    """Notes when a task was stored: what follows its commit is that it is sent."""

    sent_at = 0.0

    def send(self, lane: int, chosen: Sequence[Dispatched], events: Iterable[Event]) -> bool:
        """Send it as ever."""
        self.sent_at = time.monotonic()
        return super().send(lane, chosen, events)


class ThisSystem(System):
    """The worker command of the Procfile, once for each process."""

    name = "queueapp (durable)"
    durable = True
    has_bulk = True

    def __init__(self, services: Services) -> None:
        self._environment = {
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "QUEUEAPP_QUEUE__ACTORS": ACTORS,
            "QUEUEAPP_DATA_DIR": tempfile.gettempdir(),
        }
        self._runtime = bootstrap.runtime(config.load(environ=self._environment))
        self._window = self._runtime.window = TimedWindow(
            self._runtime.redis, self._runtime.registry.names, self._runtime.registry.limits
        )
        self._redis = redis.Redis.from_url(services.redis_url, socket_timeout=None)
        self._observer = psycopg.connect(services.database_url, autocommit=True)
        self._staged: Session | None = None
        self._staged_id = self._staged_count = 0

    @contextmanager
    def workers(self) -> Iterator[None]:
        """PROCESSES commands of one process each, as `queueapp up` runs them."""
        command = [sys.executable, "-m", "dramatiq", ACTORS, "--processes", "1", "--threads", str(THREADS)]
        with running([command] * PROCESSES, self._environment):
            yield

    def stage(self, count: int, task: str = "noop") -> None:
        """Insert the task without committing it."""
        self._staged, self._staged_count = self._runtime.sessions(), count
        new = NewTask(type=OPERATIONS[task], items=[{}] * count, created_by="benchmark")
        self._staged_id = enqueue.insert_task(self._staged, self._runtime.registry, new)

    def release(self) -> float:
        """Commit, then dispatch."""
        assert self._staged is not None
        released_at = time.monotonic()
        self._staged.commit()
        enqueue.dispatch_task(self._runtime, self._staged_id)
        self._staged.close()
        return released_at

    def wait_until_done(self, timeout_seconds: float) -> float:
        """The task reads as completed in Postgres, with every item counted."""
        wait_for(self._is_work_done, timeout_seconds, self.name, every_seconds=0.005)
        return time.monotonic()

    def _is_work_done(self) -> bool:
        return self._completed_items(self._staged_id) == self._staged_count

    def _completed_items(self, task_id: int) -> int | None:
        """How many items a completed task has completed; None while it is not completed."""
        row = self._observer.execute(
            "SELECT completed_items FROM queue_tasks WHERE id = %s AND status = 'completed'", (task_id,)
        ).fetchone()
        return int(row[0]) if row else None

    def pick_up(self) -> PickUp:
        """One task of one item, sent to idle workers."""
        task = NewTask(type="benchmark_stamp", items=[{}], created_by="benchmark")
        called_at = time.monotonic()
        created = enqueue.create_task(self._runtime, task)
        started_at = stamps.take(self._redis)
        wait_for(
            lambda: self._completed_items(created.task_id) == 1,
            10,
            "the record of its end",
            every_seconds=0.001,
        )
        return PickUp.of(called_at=called_at, stored_at=self._window.sent_at, started_at=started_at)

    def enqueue_many(self, count: int) -> float:
        """One task of many items, by the call that the API makes."""
        task = NewTask(type="noop", items=[{} for _ in range(count)], created_by="benchmark")
        before = time.monotonic()
        created = enqueue.create_task(self._runtime, task)
        seconds = time.monotonic() - before
        cancel.cancel_task(self._runtime, created.task_id, "benchmark")
        return seconds

    def enqueue_singly(self, count: int) -> Iterator[float]:
        """Tasks of one item, by the call that the API makes."""
        for _ in range(count):
            before = time.monotonic()
            enqueue.create_task(self._runtime, NewTask(type="noop", items=[{}], created_by="benchmark"))
            yield time.monotonic() - before
