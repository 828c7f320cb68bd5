"""Celery: messages in Redis, each result committed to Postgres."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg

from benchmarks.services import Services
from benchmarks.systems.base import PROCESSES, THREADS
from benchmarks.systems.processes import running
from benchmarks.systems.redis_lists import RedisListSystem

APP = "benchmarks.systems.apps.celery_app"


class CeleryPeer(RedisListSystem):
    """Worker processes with a pool of threads, late acknowledgement, results in Postgres."""

    name = "Celery (Postgres results)"
    durable = False
    consumed = "benchmark-celery"
    staged = "benchmark-celery-staged"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._environment = {
            "REDIS_URL": services.redis_url,
            "CELERY_BROKER": _broker_url(services.redis_url),
            "CELERY_RESULTS": "db+" + services.database_url.replace("postgresql://", "postgresql+psycopg://"),
        }
        os.environ.update(self._environment)
        self._app: Any = importlib.import_module(APP).app
        self._observer = psycopg.connect(services.database_url, autocommit=True)
        self._app.backend.ResultSession()

    @contextmanager
    def workers(self) -> Iterator[None]:
        """One command for each process."""
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            APP,
            "worker",
            "--pool=threads",
            f"-c{THREADS}",
            "-lWARNING",
        ]
        quiet = ["--without-gossip", "--without-mingle"]
        commands = [[*command, *quiet, "-n", f"worker{number}@%h"] for number in range(PROCESSES)]
        with running(commands, self._environment):
            yield

    def send(self, task: str, *, staged: bool) -> None:
        """Send by name."""
        self._app.send_task(task, queue=self.staged if staged else self.consumed)

    def done(self) -> int:
        """Rows of results."""
        row = self._observer.execute(
            "SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'"
        ).fetchone()
        return int(row[0]) if row else 0

    def forget(self) -> None:
        """Empty the table of results."""
        self._observer.execute("TRUNCATE celery_taskmeta")


def _broker_url(redis_url: str) -> str:
    """Celery spells the address of a Unix socket in its own way."""
    parts = urlsplit(redis_url)
    return f"redis+socket://:{quote(parts.password or '', safe='')}@{parts.path}"
