"""The one thread of a worker process that writes outcomes: it commits what has gathered, acknowledges it and
refills the window, while the worker threads go on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable

import psycopg
import redis
import structlog

from queueapp.dispatch.inbox import Inbox
from queueapp.dispatch.signals import signal_change
from queueapp.dispatch.window import Window
from queueapp.execution.connection import Connect, Kept
from queueapp.execution.held import Delivery, Held
from queueapp.execution.pace import Pace
from queueapp.execution.reports import ReportBuffer
from queueapp.execution.runner import outcome_of
from queueapp.execution.telling import Telling
from queueapp.ledger.items import as_json
from queueapp.ledger.outcomes import Applied, Move, Outcome, apply_outcomes
from queueapp.ledger.progress import Report

log = structlog.get_logger(__name__)

#: Outcomes of one commit at most.
MAX_BATCH = 1000
#: Seconds an item runs before its start is recorded by itself; a quicker one records start and end together.
ANNOUNCE_SECONDS = 0.02
#: Seconds between two looks at running items, and at progress to be stored.
LOOK_SECONDS = 0.025
#: Seconds between two commits while threads have work in hand: nobody waits for them, and a commit costs about as
#: much for one outcome as for twenty.
GATHER_SECONDS = 0.008
#: Seconds between two tries to reach the database.
RECONNECT_SECONDS = 0.5


class Writer:
    """Takes outcomes from any thread; `run` is its thread."""

    def __init__(
        self,
        connect: Connect,
        window: Window,
        inbox: Inbox,
        held: Held,
        telling: Telling,
        pace: Pace,
    ) -> None:
        self._conn = Kept(connect, durable=True)
        self._dispatch_conn = Kept(connect, durable=False)
        self._window = window
        self._inbox = inbox
        self._held = held
        self._telling = telling
        self._pace = pace
        self._outcomes: deque[tuple[Outcome, Delivery | None]] = deque()
        self._reports = ReportBuffer()
        self._unacknowledged: list[tuple[str, str]] = []
        self._backlog: set[int] = set(range(4))
        self._wake = threading.Event()
        self._gathering = False
        self._wrote_at = 0.0
        self._stopping = False
        #: changes as long as the thread goes on
        self.turns = 0

    def put(self, outcome: Outcome, delivery: Delivery | None) -> None:
        """Take the outcome of an item of a message."""
        self._outcomes.append((outcome, delivery))
        self.wake()

    def report(self, report: Report) -> None:
        """Take the newest progress of an item."""
        self._reports.report(report)

    def line(self, item_id: int, level: str, message: str) -> None:
        """Take a log line of an item."""
        self._reports.line(item_id, level, message)

    def warning(self, task_id: int, message: str) -> None:
        """Take a warning for a task."""
        self._reports.warning(task_id, message)

    def wake(self) -> None:
        """Look soon, since items have been claimed or lanes may be filled: at once when a thread may wait for that."""
        if not (self._gathering and self._held.has_waiting()):
            self._wake.set()

    def lanes_may_have_more(self, lanes: Iterable[int]) -> None:
        """Note lanes whose backlog has grown."""
        self._backlog |= set(lanes)

    def stop(self) -> None:
        """Write what there is, then end."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Write until stopped; a lost database is waited for, with all outcomes kept."""
        while not (self._stopping and not self._outcomes and not self._reports):
            self._wake.wait(LOOK_SECONDS if self._held or self._reports else 1.0)
            self._gather()
            self._wake.clear()
            self.turns += 1
            self._announce_starts()
            while self._outcomes or self._reports.due():
                self._write(self._take())
            self._telling.flush()
            self._tell_counts(now=False)
        self._tell_counts(now=True)
        self._disconnect()

    def _gather(self) -> None:
        """Let outcomes gather for a moment, as long as threads have work in hand."""
        rest = self._wrote_at + GATHER_SECONDS - time.monotonic()
        if rest <= 0 or self._stopping:
            return
        self._gathering = True
        self._wake.clear()
        if self._held.has_waiting():
            self._wake.wait(rest)
        self._gathering = False

    def _tell_counts(self, *, now: bool) -> None:
        try:
            self._pace.tally.tell(self._telling.redis, now=now)
        except redis.RedisError as error:
            log.warning("counts wait for redis", reason=str(error))

    def _announce_starts(self) -> None:
        late = time.monotonic() - ANNOUNCE_SECONDS
        for item in self._held.running():
            if not item.announced and item.started_at is not None and item.started_at < late:
                item.announced = True
                self._outcomes.append((outcome_of(item, Move.STARTED), None))

    def _take(self) -> list[tuple[Outcome, Delivery | None]]:
        """Take what has gathered, with only the last word on each item."""
        taken: dict[int, tuple[Outcome, Delivery | None]] = {}
        while self._outcomes and len(taken) < MAX_BATCH:
            outcome, delivery = self._outcomes.popleft()
            previous = taken.get(outcome.item_id)
            if previous is not None and previous[0].move is not Move.STARTED:
                self._outcomes.appendleft((outcome, delivery))
                break
            if outcome.move is Move.STARTED and previous is not None:
                continue
            taken[outcome.item_id] = (outcome, delivery)
        return list(taken.values())

    def _write(self, batch: list[tuple[Outcome, Delivery | None]]) -> None:
        self.turns += 1
        self._wrote_at = time.monotonic()
        outcomes = [outcome for outcome, _ in batch]
        applied = self._commit(outcomes)
        self._backlog |= applied.ready_lanes
        self._fill()
        for _, delivery in batch:
            if delivery is not None:
                delivery.open_items -= 1
                if delivery.open_items <= 0:
                    self._unacknowledged.append((delivery.lane, delivery.redis_id))
        self._acknowledge()
        self._telling.changed(applied.tasks, outcomes)
        if any(one.stops for one in applied.tasks):
            signal_change(self._telling.redis)  # other workers hold some of their items

    def _commit(self, outcomes: list[Outcome]) -> Applied:
        while True:
            try:
                return self._try_commit(outcomes)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.warning("outcomes wait for the database", count=len(outcomes), reason=str(error).strip())
                self._disconnect()
                time.sleep(RECONNECT_SECONDS)
            except psycopg.Error as error:
                return self._commit_one_by_one(outcomes, error)

    def _try_commit(self, outcomes: list[Outcome]) -> Applied:
        conn = self._conn.use()
        reports = self._reports.take()
        try:
            with conn.transaction():
                self._reports.store(conn, reports, also_lock=[one.task_id for one in outcomes])
                return apply_outcomes(conn, outcomes)
        except psycopg.Error:
            self._reports.put_back(reports)
            raise

    def _commit_one_by_one(self, outcomes: list[Outcome], error: psycopg.Error) -> Applied:
        """Find the outcome PostgreSQL refuses and record it as failed, so that it holds up no other."""
        if len(outcomes) > 1:
            applied = Applied()
            for one in outcomes:
                part = self._commit([one])
                applied.tasks += part.tasks
                applied.ready_lanes |= part.ready_lanes
            return applied
        self._reports.discard()
        if not outcomes or (outcomes[0].result == outcomes[0].error is None and not outcomes[0].follow_ups):
            log.error("an outcome could not be recorded", reason=str(error).strip())
            return Applied()
        bad = outcomes[0]
        reason = f"its outcome could not be stored: {str(error).strip().splitlines()[0]}"
        bad.move, bad.result, bad.follow_ups = Move.FAILED, None, ()
        bad.error = (
            None
            if bad.error
            else as_json({"type": type(error).__name__, "message": reason, "traceback": None})
        )
        return self._commit([bad])

    def _fill(self) -> None:
        if not self._backlog:
            return
        lanes, self._backlog = self._backlog, set()
        try:
            self._backlog |= self._window.fill(self._dispatch_conn.use(), lanes, going_on=True)
        except psycopg.Error as error:
            self._backlog |= lanes
            self._disconnect()
            log.warning("the window could not be filled", reason=str(error).strip())

    def _acknowledge(self) -> None:
        try:
            self._inbox.acknowledge(self._unacknowledged)
            self._unacknowledged.clear()
            self._pace.tell(self._telling.redis)
        except redis.RedisError as error:
            log.warning(
                "messages stay unacknowledged for now", count=len(self._unacknowledged), reason=str(error)
            )
            if len(self._unacknowledged) > 10 * MAX_BATCH:
                self._unacknowledged.clear()

    def _disconnect(self) -> None:
        self._conn.drop()
        self._dispatch_conn.drop()
