"""The thread of a worker process that takes messages for idle threads and claims their items, a batch at a time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import dramatiq
import psycopg
import redis
import structlog

from queueapp.dispatch.inbox import Inbox
from queueapp.dispatch.messages import Envelope
from queueapp.execution.connection import Connect, Kept
from queueapp.execution.held import Delivery, Held, HeldItem
from queueapp.execution.pace import Pace
from queueapp.execution.runner import outcome_of
from queueapp.execution.suspects import Suspects
from queueapp.execution.watch import Watch
from queueapp.execution.writer import Writer
from queueapp.ledger.claims import Claim, claim_items
from queueapp.ledger.outcomes import Move, apply_outcomes
from queueapp.operations import Registry
from queueapp.priorities import LANES

log = structlog.get_logger(__name__)

#: Messages one fetch takes at most.
MAX_FETCH = 64
#: Seconds between two looks at Redis when no wake-up comes.
POLL_SECONDS = 1.0
#: Seconds between two looks at whether a suspect of a crash can be started.
ALONE_LOOK_SECONDS = 0.05
#: Seconds to wait after Redis or the database could not be reached.
REST_SECONDS = 0.5
#: Up to this many milliseconds an item, further messages are taken before a thread is idle.
AHEAD_MS = 20.0
#: So many for each thread.
AHEAD = 2


class Fetcher:
    """Feeds the lanes' consumers; at most as many messages are out as threads can soon run."""

    def __init__(
        self,
        connect: Connect,
        inbox: Inbox,
        held: Held,
        writer: Writer,
        pace: Pace,
        registry: Registry,
        threads: int,
        lanes: Sequence[str],
        watch: Watch,
    ) -> None:
        self.worker_id = 0
        self.lanes: dict[str, queue.SimpleQueue[dramatiq.Message[None]]] = {
            lane: queue.SimpleQueue() for lane in lanes
        }
        self._conn = Kept(connect, durable=False)
        self._inbox = inbox
        self._held = held
        self._writer = writer
        self._pace = pace
        self._registry = registry
        self._threads = threads
        self._suspects = Suspects(held, writer, self._record_start)
        self._watch = watch
        self._out = 0
        self._idle: list[tuple[str, str]] = []
        #: changes as long as the thread goes on
        self.turns = 0
        self._lock = threading.Lock()
        self._room = threading.Event()
        self._stopping = threading.Event()
        self._pubsub: Any = None

    def release(self) -> None:
        """Note that a thread has done with a message."""
        with self._lock:
            self._out -= 1
        if self._capacity() > 0:
            self._room.set()

    def stop(self) -> None:
        """Take no further message."""
        self._stopping.set()
        self._room.set()

    @property
    def stopping(self) -> bool:
        """Whether it takes nothing more."""
        return self._stopping.is_set()

    def pulse(self) -> int:
        """Return a number that changes as long as all is well: it takes messages, or is to take none."""
        if self.stopping:
            self.turns += 1
        return self.turns

    def run(self) -> None:
        """Fetch until stopped; a lost Redis or database is waited for."""
        while not self._stopping.is_set():
            self.turns += 1
            try:
                self._turn()
            except (redis.RedisError, OSError) as error:
                log.warning("redis cannot be reached", reason=str(error))
                self._pubsub = None
                self._stopping.wait(REST_SECONDS)
        self._suspects.pass_on(0.0)
        self._conn.drop()

    def _turn(self) -> None:
        if self._suspects:
            self._suspects.turn()
            self._room.wait(ALONE_LOOK_SECONDS)
            self._room.clear()
            return
        wanted = self._capacity()
        if wanted <= 0:
            self._writer.wake()
            self._room.wait(POLL_SECONDS)
            self._room.clear()
            return
        if self._pubsub is None:
            self._pubsub = self._inbox.subscribe()
        envelopes = self._inbox.fetch(min(wanted, MAX_FETCH))
        if envelopes:
            self._take(envelopes)
            return
        self._acknowledge()
        self._writer.wake()
        self._pubsub.get_message(timeout=POLL_SECONDS)
        while self._pubsub.get_message(timeout=0) is not None:
            pass

    def _capacity(self) -> int:
        """How many messages to take now; while every thread has one, none rather than a few at a time."""
        ahead = AHEAD * self._threads if self._is_quick() else 0
        room = self._threads + ahead - self._out
        return room if self._out < self._threads or room * 2 >= ahead else 0

    def _is_quick(self) -> bool:
        """Whether a thread will soon be free: what was met lately takes little, and nothing runs for longer."""
        return self._pace.of_slowest() < AHEAD_MS and self._held.longest_seconds() * 1000 < AHEAD_MS

    def _take(self, envelopes: list[Envelope]) -> None:
        looks = self._watch.looks
        claimed = self._claim([one for envelope in envelopes for one in envelope.item_ids])
        if claimed is None:
            return
        claims, again = claimed
        # Of what was canceled or paused while the answer was on its way, only the ledger tells.
        is_in_doubt = again or self._watch.looks != looks
        self._writer.lanes_may_have_more({LANES.index(one.lane) for one in envelopes if one.more})
        for operation in {one.type for one in claims.values()}:
            self._pace.met(operation)
        now = time.monotonic()
        for envelope in envelopes:
            # An item that several messages carry is the first one's.
            mine = [claim for one in envelope.item_ids if (claim := claims.pop(one, None))]
            if not mine:
                self._idle.append((envelope.lane, envelope.redis_id))
                continue
            delivery = Delivery(envelope.lane, envelope.redis_id, len(mine))
            items = [self._held_item(claim, delivery, now) for claim in mine]
            self._hold(envelope, items, is_in_doubt=is_in_doubt)
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Remove messages of which nothing is to run; without Redis they stay noted. Raises redis.RedisError."""
        self._inbox.acknowledge(self._idle)
        self._idle.clear()

    def _hold(self, envelope: Envelope, items: Sequence[HeldItem], *, is_in_doubt: bool) -> None:
        """Hand a message's items to a thread; suspects of a crash wait until they can run alone.

        What this release does not know is given back for workers that do, and of items in doubt those not wanted.
        """
        plain = []
        for item in items:
            if self._registry.find(item.claim.type) is None:
                self._writer.put(outcome_of(item, Move.RELEASED, uses_attempt=False), item.delivery)
            elif item.claim.crash_count:
                self._suspects.add(item, partial(self._deliver, envelope, [item]))
            else:
                plain.append(item)
        if plain:
            self._held.add(plain)
            if is_in_doubt:
                self._watch.look([item.claim.item_id for item in plain])
            self._deliver(envelope, plain)

    def _record_start(self, item: HeldItem) -> None:
        """Record the start of a suspect before it starts, since it may leave no time for that afterwards."""
        item.announced = True
        outcome = outcome_of(item, Move.STARTED)
        outcome.elapsed_seconds = 0.0
        try:
            conn = self._conn.use()
            with conn.transaction():
                conn.execute("SET LOCAL synchronous_commit = on")
                apply_outcomes(conn, [outcome])
        except psycopg.Error as error:
            log.warning("the start of a suspect could not be recorded", reason=str(error).strip())
        self._watch.look([item.claim.item_id])

    def _deliver(self, envelope: Envelope, items: Sequence[HeldItem]) -> None:
        message = envelope.addressed(items[0].claim.type, [item.claim.item_id for item in items])
        with self._lock:
            self._out += 1
        self.lanes[envelope.lane].put(message)

    def _held_item(self, claim: Claim, delivery: Delivery, now: float) -> HeldItem:
        operation = self._registry.find(claim.type)
        timeout = operation.timeout_seconds if operation else 60.0
        return HeldItem(claim, self.worker_id, delivery, now, timeout)

    def _claim(self, item_ids: list[int]) -> tuple[dict[int, Claim], bool] | None:
        """Claim items, and say whether more than one try was made; with the database away try until it is back.

        A claim whose answer was lost may have been committed, and nobody else would ever free what it claimed.
        None when the process stops meanwhile.
        """
        wanted, again = item_ids, False
        while not self._stopping.is_set():
            try:
                return claim_items(self._conn.use(), self.worker_id, wanted, again=again), again
            except psycopg.Error as error:
                held = set(self._held.ids())
                wanted, again = [one for one in item_ids if one not in held], True
                log.warning(
                    "fetched items wait for the database", count=len(item_ids), reason=str(error).strip()
                )
                self._conn.drop()
                self._stopping.wait(REST_SECONDS)
        return None
