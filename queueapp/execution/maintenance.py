"""The thread of a worker process that keeps the queue in order: due items, lost messages, dead workers, canceled rows.

Every worker does all of it; each act is one that any number of processes may do at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
import redis
import structlog

from queueapp.dispatch.inbox import forget_process
from queueapp.dispatch.relay import Relay
from queueapp.dispatch.window import Window
from queueapp.events import tally
from queueapp.events.publish import publish_changes
from queueapp.execution.connection import Connect, Kept
from queueapp.ledger import deletions, dispatchable, repairs, tasks, workers
from queueapp.ledger.outages import note_redis_away, note_redis_back
from queueapp.ledger.outcomes import apply_outcomes
from queueapp.priorities import LANES

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
SWEEP_SECONDS = 2.0
REPAIR_SECONDS = 5.0
#: Rows of canceled tasks settled in one tick at most, and in one commit.
SETTLE_TICK = 20_000
SETTLE_BATCH = 5_000


class Maintenance:
    """The upkeep one process does."""

    def __init__(
        self,
        connect: Connect,
        client: redis.Redis,
        window: Window,
        on_ready: Callable[[Iterable[int]], None],
    ) -> None:
        """`on_ready` is told of lanes that may have items to dispatch."""
        self._conn = Kept(connect, durable=False)
        self._redis = client
        self._window = window
        self._relay = Relay(client)
        self._on_ready = on_ready
        self._stopping = threading.Event()
        #: changes as long as the thread goes on
        self.turns = 0
        self._swept_at = 0.0
        self._repaired_at = 0.0
        self._settled: dict[int, int] = {}
        #: as last noted in the ledger; None: nothing noted yet
        self._redis_away: bool | None = None

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()

    def run(self) -> None:
        """Tick until stopped; what fails is logged and tried again at the next tick."""
        while not self._stopping.is_set():
            self.turns += 1
            try:
                self.tick()
                self._note_redis(away=False)
            except psycopg.Error as error:
                log.warning("upkeep waits for the database", reason=str(error).strip())
                self._conn.drop()
            except redis.RedisError as error:
                log.warning("upkeep waits for redis", reason=str(error))
                self._note_redis(away=True)
            self._stopping.wait(TICK_SECONDS)

    def _note_redis(self, *, away: bool) -> None:
        """Remember in the ledger whether Redis can be reached, when that has changed."""
        if away is self._redis_away:
            return
        try:
            (note_redis_away if away else note_redis_back)(self._conn.use())
            self._redis_away = away
        except psycopg.Error as error:
            log.warning("upkeep waits for the database", reason=str(error).strip())
            self._conn.drop()

    def tick(self) -> None:
        """Do once what is due. Raises psycopg.Error, redis.RedisError."""
        conn = self._conn.use()
        dispatchable.promote_due(conn)
        now = time.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._rescue(conn, now)
        self._settle(conn)
        self._relay.notice_flush(conn)
        if self._relay.in_doubt or now - self._repaired_at >= REPAIR_SECONDS:
            self._repaired_at = now
            self._relay.repair(conn)
            deletions.purge(conn)
        self._window.fill(conn, range(len(LANES)))
        self._on_ready(range(len(LANES)))

    def _rescue(self, conn: psycopg.Connection[Any], now: float) -> None:
        """Give the items of dead workers to others.

        Nobody is dead to a process that has not itself reached the database for a whole lease: after an outage
        the others may just be about to beat again.
        """
        if now - self._conn.opened_at > workers.LEASE_SECONDS:
            for lost in workers.bury_silent(conn):
                log.warning("a worker is dead, its items are given to others", worker=lost.id, pid=lost.pid)
                forget_process(self._redis, lost.broker_id, LANES)
        outcomes = workers.held_by_the_gone(conn)
        if outcomes:
            with conn.transaction():
                conn.execute("SET LOCAL synchronous_commit = on")
                applied = apply_outcomes(conn, outcomes)
                repairs.note_in_history(conn, len(outcomes), "given back: their worker stopped or died")
            log.info("items rescued", count=len(outcomes))
            tally.add(self._redis, {"events||rescued": len(outcomes)})
            publish_changes(self._redis, applied.tasks)

    def _settle(self, conn: psycopg.Connection[Any]) -> None:
        """Settle rows of canceled tasks, one process at a time, going on where the last batch ended."""
        rows = conn.execute("SELECT id FROM queue_tasks WHERE unsettled ORDER BY id LIMIT 50").fetchall()
        self._settled = {task_id: self._settled.get(task_id, -1) for (task_id,) in rows}
        left = SETTLE_TICK
        for task_id in self._settled:
            while left > 0:
                with conn.transaction():
                    lock = conn.execute(
                        "SELECT pg_try_advisory_xact_lock(%s, 1)", (task_id % 2**31,)
                    ).fetchone()
                    if not lock or not lock[0]:
                        break
                    count, last = tasks.settle_canceled(conn, task_id, self._settled[task_id], SETTLE_BATCH)
                    if not count or last is None:
                        tasks.mark_settled(conn, task_id)
                        self._settled[task_id] = -1
                        break
                self._settled[task_id] = last
                left -= count
