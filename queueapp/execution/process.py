"""One worker process: its threads beside Dramatiq's, wired, started and stopped in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
import redis
import structlog

from queueapp import db
from queueapp.dispatch.inbox import Inbox
from queueapp.execution.escalation import Escalation
from queueapp.execution.fetcher import Fetcher
from queueapp.execution.heartbeat import Heartbeat
from queueapp.execution.held import Held
from queueapp.execution.interrupts import Reason
from queueapp.execution.isolated.children import Children
from queueapp.execution.isolated.nursery import Nursery
from queueapp.execution.maintenance import Maintenance
from queueapp.execution.outage import is_held_up
from queueapp.execution.pace import Pace
from queueapp.execution.retirement import Retirement
from queueapp.execution.runner import Runner
from queueapp.execution.side_work import SideWork, Work
from queueapp.execution.stop_signal import StopSignal
from queueapp.execution.telling import Telling
from queueapp.execution.watch import Watch
from queueapp.execution.watchdog import Watchdog, end_process
from queueapp.execution.writer import Writer
from queueapp.processes import step_back_ourselves
from queueapp.runtime import Runtime, make_redis

log = structlog.get_logger(__name__)

#: Seconds the threads are given to end once told to.
JOIN_SECONDS = 10.0


class WorkerProcess:
    """Everything a worker process adds to Dramatiq's own threads."""

    def __init__(
        self,
        runtime: Runtime,
        broker_id: str,
        lanes: Sequence[str],
        threads: int,
        dramatiq_threads: Callable[[], Iterable[threading.Thread]],
        nursery: Nursery | None = None,
        side_work: Sequence[Work] = (),
    ) -> None:
        """`nursery` forks the children for isolated operations; None when there are none."""
        self._runtime = runtime
        self._threads: list[threading.Thread] = []
        self._side_work = SideWork(side_work)
        self._lanes = lanes
        self._grace: threading.Timer | None = None
        self._held = Held()
        self._stop_signal = StopSignal()
        self._retirement = Retirement(self._held, self._take_no_more, self._stop_signal.send)
        limit_bytes = runtime.settings.worker.memory_limit_mb * 1024**2
        self._children = Children(nursery, self._lose_nursery, limit_bytes) if nursery else None
        self._wire_work(broker_id, lanes, threads)
        self._wire_care(broker_id, lanes, threads)
        self._watchdog = self._make_watchdog(dramatiq_threads)

    def _wire_work(self, broker_id: str, lanes: Sequence[str], threads: int) -> None:
        """Make what fetches, runs and writes, and what watches over that."""
        pace, telling, held = Pace(), Telling(self._redis()), self._held
        writes = Inbox(telling.redis, broker_id, lanes)
        self._writer = Writer(self._connect, self._runtime.window, writes, held, telling, pace)
        self._watch = Watch(self._connect, self._redis(timeout_seconds=1.0), held, self._writer, telling)
        self.fetcher = Fetcher(
            self._connect,
            Inbox(self._redis(), broker_id, lanes),
            held,
            self._writer,
            pace,
            self._runtime.registry,
            threads,
            lanes,
            self._watch,
        )
        self.runner = Runner(self._runtime, held, self._writer, self._watch, pace, self._children)

    def _wire_care(self, broker_id: str, lanes: Sequence[str], threads: int) -> None:
        """Make what keeps the queue whole, stops what does not stop, and shows that this process lives."""
        self._maintenance = Maintenance(
            self._connect, self._runtime.redis, self._runtime.window, self._writer.lanes_may_have_more
        )
        self._watch.escalation = Escalation(
            self._held,
            self._writer,
            self._runtime.registry,
            self._runtime.settings.worker.cancel_kill_seconds,
            self._retirement.begin,
        )
        self._heartbeat = Heartbeat(
            self._connect,
            broker_id=broker_id,
            lanes=lanes,
            threads=threads,
            on_buried=self._start_over,
            on_beat=self._after_beat,
            abandoned=self._abandoned,
        )

    def _make_watchdog(self, dramatiq_threads: Callable[[], Iterable[threading.Thread]]) -> Watchdog:
        client = self._redis()
        return Watchdog(
            lambda: [*self._needed_threads(), *dramatiq_threads()],
            {
                "writer": lambda: self._writer.turns,
                "fetcher": lambda: self.fetcher.pulse(),
                "watch": lambda: self._watch.turns,
                "maintenance": lambda: self._maintenance.turns,
            },
            lambda: is_held_up(self._connect, client),
            end_process,
        )

    def _redis(self, timeout_seconds: float = 2.0) -> redis.Redis:
        return make_redis(self._runtime.settings.redis_url or "", timeout_seconds=timeout_seconds)

    def _connect(self, durable: bool) -> psycopg.Connection[Any]:
        return db.connect(self._runtime.settings.database_url or "", durable=durable)

    def start(self) -> None:
        """Register the process and start its threads; to be called in the main thread."""
        self._stop_signal.listen()
        step_back_ourselves(self._runtime.settings.worker.niceness)
        self.fetcher.worker_id = self._heartbeat.register()
        if self._children is not None:
            self._children.start()
        parts: dict[str, Callable[[], None]] = {
            "heartbeat": self._heartbeat.run,
            "writer": self._writer.run,
            "watch": self._watch.run,
            "maintenance": self._maintenance.run,
            "fetcher": self.fetcher.run,
        }
        for name, run in parts.items():
            thread = threading.Thread(target=run, name=f"queueapp-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)
        threading.Thread(target=self._watchdog.run, name="queueapp-watchdog", daemon=True).start()
        self._side_work.start(self._runtime, self._lanes)

    def drain(self, grace_seconds: float) -> None:
        """Take nothing more, give back what has not started, and interrupt after the grace what still runs."""
        self._watchdog.stop()
        self._retirement.overtake()
        self._take_no_more()
        self._grace = threading.Timer(grace_seconds, self._interrupt_all, [Reason.SHUTDOWN])
        self._grace.daemon = True
        self._grace.start()

    def stop(self) -> None:
        """Write the last outcomes and leave the ledger's list of workers."""
        if self._grace is not None:
            self._grace.cancel()
        self.runner.give_back(self._held.drop())
        self._maintenance.stop()
        self._watch.stop()
        self._writer.stop()
        for thread in self._threads:
            if thread.name != "queueapp-heartbeat":
                thread.join(JOIN_SECONDS)
        self._side_work.join()
        self._heartbeat.stop()
        self._heartbeat.set_state("stopped")
        if self._children is not None:
            self._children.close()

    def _needed_threads(self) -> list[threading.Thread]:
        return [one for one in self._threads if one.name != "queueapp-fetcher" or not self.fetcher.stopping]

    def _take_no_more(self) -> None:
        self._side_work.stop()
        self._heartbeat.set_state("draining")
        self.fetcher.stop()
        self.runner.give_back(self._held.drop())

    def _after_beat(self, state: str | None, memory_bytes: int | None) -> None:
        if state == "draining":
            self._retirement.begin("it is being drained")
        limit_mb = self._runtime.settings.worker.memory_limit_mb
        if limit_mb and memory_bytes and memory_bytes > limit_mb * 1024**2:
            used = f"{memory_bytes / 1024**2:.0f} MiB"
            self._retirement.begin(f"it uses {used}, more than worker.memory_limit_mb = {limit_mb}")
        if self._children is not None:
            self._children.trim()

    def _abandoned(self) -> list[dict[str, Any]]:
        return self._children.abandoned() if self._children is not None else []

    def _lose_nursery(self) -> None:
        self._retirement.begin("it can start no more processes for isolated operations")

    def _interrupt_all(self, reason: Reason) -> None:
        for item in self._held.running():
            item.interrupts.request(reason)

    def _start_over(self, worker_id: int) -> None:
        """Go on under a new id: what was held under the old one belongs to others now."""
        self._held.drop()
        self._interrupt_all(Reason.LOST)
        self.fetcher.worker_id = worker_id
        if self.fetcher.stopping:
            self._heartbeat.set_state("draining")
