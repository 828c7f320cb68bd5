"""The thread of a worker process that notices cancels, pauses and timeouts of what the process holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
import redis
import structlog

from queueapp.events import keys, publish
from queueapp.execution.connection import Connect, Kept
from queueapp.execution.escalation import Escalation
from queueapp.execution.held import Held, HeldItem
from queueapp.execution.interrupts import Reason
from queueapp.execution.runner import SLOW_SECONDS, outcome_of
from queueapp.execution.telling import Telling
from queueapp.execution.writer import Writer
from queueapp.ledger.claims import unwanted
from queueapp.ledger.outcomes import Move

log = structlog.get_logger(__name__)

#: Seconds between two looks at the cancel epoch in Redis.
LOOK_SECONDS = 0.05
#: Seconds for which a look is good enough to start an item on.
FRESH_SECONDS = 0.08
#: Seconds between two questions to the ledger while Redis cannot be read.
BLIND_SECONDS = 0.5
#: Seconds after which the ledger is asked without a hint: who was to give it may have died or lost Redis.
UNASKED_SECONDS = 1.0
#: Seconds between two knocks at an item that is to stop.
KNOCK_SECONDS = 0.2
#: Seconds a claimed item waits for a thread before it is given back for other processes.
WAIT_SECONDS = 2.0


class Watch:
    """Keeps the process's view of what is still wanted."""

    def __init__(
        self,
        connect: Connect,
        client: redis.Redis,
        held: Held,
        writer: Writer,
        telling: Telling,
    ) -> None:
        self._conn = Kept(connect, durable=False)
        self._redis = client
        self._held = held
        self._writer = writer
        self._telling = telling
        #: set by who wires the process
        self.escalation: Escalation | None = None
        self._epoch: bytes | None = None
        self._viewed_at = 0.0
        self._asked_at = 0.0
        self._knocked_at = 0.0
        self._watched_at = 0.0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        #: changes as long as the thread goes on
        self.turns = 0
        #: changes before it is read what the process holds, to ask the ledger about it
        self.looks = 0

    def is_fresh(self) -> bool:
        """Return whether an item may start on the present view."""
        return time.monotonic() - self._viewed_at < FRESH_SECONDS

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()

    def run(self) -> None:
        """Look until stopped."""
        pubsub: Any = None
        while not self._stopping.is_set():
            self.turns += 1
            try:
                if pubsub is None:
                    pubsub = self._redis.pubsub(  # type: ignore[no-untyped-call]
                        ignore_subscribe_messages=True
                    )
                    pubsub.subscribe(keys.CANCEL_CHANNEL)
                pubsub.get_message(timeout=LOOK_SECONDS)
                self._look_at_epoch()
            except (redis.RedisError, OSError):
                pubsub = None
                self._look_blind()
            self._mind_the_clock()
        with self._lock:
            self._conn.drop()

    def _look_at_epoch(self) -> None:
        seen_at = time.monotonic()
        epoch: Any = self._redis.get(keys.CANCEL_EPOCH) or b"0"
        if epoch != self._epoch or seen_at - self._asked_at > UNASKED_SECONDS:
            self._look_at_all()
            self._epoch = epoch
        self._viewed_at = seen_at
        if seen_at - self._watched_at > 0.5:
            self._watched_at = seen_at
            self._telling.watched = publish.watched(self._redis)

    def _look_blind(self) -> None:
        if time.monotonic() - self._asked_at >= BLIND_SECONDS:
            self._look_at_all()
        self._stopping.wait(LOOK_SECONDS)

    def _look_at_all(self) -> None:
        self._asked_at = time.monotonic()
        self.looks += 1
        self.look(self._held.ids())

    def look(self, item_ids: Sequence[int]) -> None:
        """Ask the ledger which of these held items are not wanted any more, and stop or drop them.

        With the database away nothing is known; then nothing can be recorded either, so the items go on.
        """
        if not item_ids:
            return
        with self._lock:
            try:
                answers = unwanted(self._conn.use(), item_ids)
            except psycopg.Error as error:
                log.warning("the ledger could not be asked for cancels", reason=str(error).strip())
                self._conn.drop()
                return
        if answers:
            self._obey(answers)

    def _obey(self, answers: dict[int, str]) -> None:
        for item in self._held.drop(list(answers)):
            canceled = answers[item.claim.item_id] != "paused"
            move = Move.CANCELED if canceled else Move.RELEASED
            self._writer.put(outcome_of(item, move, uses_attempt=canceled), item.delivery)
        for item in self._held.running():
            if answers.get(item.claim.item_id) == "canceled":
                item.interrupts.request(Reason.CANCELED)

    def _mind_the_clock(self) -> None:
        now = time.monotonic()
        running = self._held.running()
        for item in running:
            if item.started_at is not None and now - item.started_at > item.timeout_seconds:
                item.interrupts.request(Reason.TIMED_OUT)
        if now - self._knocked_at > KNOCK_SECONDS:
            self._knocked_at = now
            for item in running:
                if item.interrupts.reason is not None:
                    item.interrupts.request(item.interrupts.reason)
            if self.escalation is not None:
                self.escalation.look(running, now)
        self._give_back_stuck(running, now)

    def _give_back_stuck(self, running: list[HeldItem], now: float) -> None:
        """Return what waits behind a slow item of its message, or too long for any thread."""
        waiting = self._held.waiting()
        if not waiting:
            return
        slow = {id(one.delivery) for one in running if one.started_at and now - one.started_at > SLOW_SECONDS}
        stuck = [
            one.claim.item_id
            for one in waiting
            if id(one.delivery) in slow or now - one.claimed_at > WAIT_SECONDS
        ]
        for item in self._held.drop(stuck):
            self._writer.put(outcome_of(item, Move.RELEASED, uses_attempt=False), item.delivery)
