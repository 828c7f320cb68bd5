"""The thread of a worker process that beats its heart in the ledger and registers anew when it was buried."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import structlog

from queueapp.execution.connection import Connect, Kept
from queueapp.execution.memory import rss_bytes
from queueapp.ledger import workers

log = structlog.get_logger(__name__)


class Heartbeat:
    """One worker row; `worker_id` changes when the process has to register anew."""

    def __init__(
        self,
        connect: Connect,
        *,
        broker_id: str,
        lanes: Sequence[str],
        threads: int,
        on_buried: Callable[[int], None],
        on_beat: Callable[[str | None, int | None], None],
        abandoned: Callable[[], list[dict[str, Any]]],
    ) -> None:
        """`on_buried` is told the new id, after the items held under the old one have been given to others.

        `on_beat` is told the state in the ledger, which a person may have set, and the memory used in bytes;
        both are None when not known. `abandoned` gives the child processes that cannot be killed.
        """
        self.worker_id = 0
        self._conn = Kept(connect, durable=True)
        self._broker_id = broker_id
        self._lanes = lanes
        self._threads = threads
        self._on_buried = on_buried
        self._on_beat = on_beat
        self._abandoned = abandoned
        self._stopping = threading.Event()

    def register(self) -> int:
        """Insert the row of this process, waiting for the database if need be; return its id."""
        while True:
            try:
                self.worker_id = workers.register(
                    self._conn.use(),
                    broker_id=self._broker_id,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    lanes=self._lanes,
                    threads=self._threads,
                )
                return self.worker_id
            except psycopg.Error as error:
                log.warning("the worker waits for the database", reason=str(error).strip())
                self._conn.drop()
                if self._stopping.wait(workers.BEAT_SECONDS):
                    return 0

    def run(self) -> None:
        """Beat until stopped."""
        while not self._stopping.wait(workers.BEAT_SECONDS):
            state, memory = None, rss_bytes()
            try:
                state = workers.beat(self._conn.use(), self.worker_id, memory, self._abandoned())
                if state is None and not self._stopping.is_set():
                    log.warning("this worker was believed dead; it registers anew", worker=self.worker_id)
                    self._on_buried(self.register())
            except psycopg.Error as error:
                log.warning("heartbeat missed", reason=str(error).strip())
                self._conn.drop()
            self._on_beat(state, memory)

    def set_state(self, state: str) -> None:
        """Store a new state, if the database can be reached."""
        try:
            workers.set_state(self._conn.use(), self.worker_id, state)
        except psycopg.Error as error:
            log.warning("state not stored", state=state, reason=str(error).strip())

    def stop(self) -> None:
        """Beat no more."""
        self._stopping.set()
