"""The children of one worker process: started ahead, used again, replaced when they have grown or died."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog

from queueapp import errors
from queueapp.execution.attempt import Verdict, failed, interrupted
from queueapp.execution.context import Reports
from queueapp.execution.held import HeldItem
from queueapp.execution.isolated.nursery import Nursery
from queueapp.execution.isolated.session import Session
from queueapp.execution.isolated.wire import Done, Hello, Wire
from queueapp.operations import Operation

log = structlog.get_logger(__name__)

#: Items after which a child is replaced, and growth in memory.
MAX_ITEMS = 200
MAX_GROWTH_BYTES = 256 * 1024**2
#: Seconds after which a child that nobody has needed goes, but for one.
IDLE_SECONDS = 30.0
#: Seconds a new child has to say that it is ready.
HELLO_SECONDS = 10.0
#: Seconds for which word of how a child ended is waited for.
STATUS_SECONDS = 1.0


@dataclass(slots=True)
class Child:
    """A child that waits for an item or runs one."""

    wire: Wire
    pid: int
    rss_bytes: int
    items: int = 0
    idle_since: float = field(default_factory=time.monotonic)

    def is_worn(self, rss_bytes: int, limit_bytes: int) -> bool:
        """Note an item done; return whether the child has done enough or grown too much (limit 0: there is none)."""
        self.items += 1
        grown = rss_bytes - self.rss_bytes > MAX_GROWTH_BYTES or 0 < limit_bytes < rss_bytes
        return grown or self.items >= MAX_ITEMS


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A child that not even a kill has ended, and what it was doing."""

    pid: int
    item_id: int
    operation: str
    #: seconds since the epoch
    since: float


class Children:
    """Runs isolated items; `on_lost` is told when no further child can be started."""

    def __init__(self, nursery: Nursery, on_lost: Callable[[], None], memory_limit_bytes: int = 0) -> None:
        """A child that uses more than `memory_limit_bytes` (0: no limit) after an item is replaced."""
        self._nursery = nursery
        self._on_lost = on_lost
        self._memory_limit_bytes = memory_limit_bytes
        self._idle: deque[Child] = deque()
        self._ends: dict[int, int] = {}
        self._ended = threading.Condition()
        self._abandoned: dict[int, Abandoned] = {}
        self._starting = threading.Lock()
        self._closing = False

    def start(self) -> None:
        """Start the first child, and listen for the ends of all."""
        threading.Thread(target=self._hear_ends, name="queueapp-children", daemon=True).start()
        self._start_spare()

    def close(self) -> None:
        """End all children."""
        self._closing = True
        self._nursery.close()

    def abandoned(self) -> list[dict[str, Any]]:
        """Return what is to be shown of the children that could not be killed and are still there."""
        return [asdict(one) for one in list(self._abandoned.values())]

    def run(self, operation: Operation, item: HeldItem, reports: Reports) -> Verdict:
        """Run an item in a child of its own and return its verdict."""
        try:
            child = self._take()
        except (OSError, EOFError) as error:
            later = errors.RetryLater(f"no process could be started: {error}", 5, uses_attempt=False)
            return failed(operation, item.claim, later)
        self._want_spare()
        session = Session(child.wire, child.pid)
        done = session.run(item, reports)
        if done is not None and not session.stopped and not self._is_worn(child, done):
            child.idle_since = time.monotonic()
            self._idle.append(child)
            return done.verdict
        verdict = done.verdict if done else self._verdict_without(operation, item, child, session, reports)
        child.wire.hang_up()
        child.wire.close()
        self._want_spare()
        return verdict

    def trim(self) -> None:
        """End children that nobody has needed for a while; the longest idle are first in the row."""
        old = time.monotonic() - IDLE_SECONDS
        with contextlib.suppress(IndexError):
            while len(self._idle) > 1 and self._idle[0].idle_since < old:
                idle = self._idle.popleft()
                idle.wire.hang_up()
                idle.wire.close()

    def _is_worn(self, child: Child, done: Done) -> bool:
        return child.is_worn(done.rss_bytes, self._memory_limit_bytes)

    def _take(self) -> Child:
        while True:
            try:
                child = self._idle.pop()
            except IndexError:
                return self._fork()
            if child.pid not in self._ends:
                return child
            child.wire.close()

    def _fork(self) -> Child:
        wire = self._nursery.fork()
        hello = wire.receive(HELLO_SECONDS)
        assert isinstance(hello, Hello)
        return Child(wire, hello.pid, hello.rss_bytes)

    def _want_spare(self) -> None:
        """Have a child started ahead if none is idle, so that the next item finds one; nobody waits for it."""
        if not self._idle and not self._closing:
            threading.Thread(target=self._start_spare, name="queueapp-spare", daemon=True).start()

    def _start_spare(self) -> None:
        with self._starting:
            if self._idle or self._closing:
                return
            try:
                self._idle.appendleft(self._fork())
            except (OSError, EOFError) as error:
                log.warning("no process could be started ahead", reason=str(error))

    def _verdict_without(
        self, operation: Operation, item: HeldItem, child: Child, session: Session, reports: Reports
    ) -> Verdict:
        """Return the verdict on an item whose child gave none: it was killed, died or was abandoned."""
        reason = item.interrupts.reason
        if session.abandoned:
            lost = Abandoned(child.pid, item.claim.item_id, operation.name, time.time())
            self._abandoned[child.pid] = lost
            words = f"process {child.pid} hangs in the system and cannot be killed; it is left behind"
            reports.line(item.claim.item_id, "warning", words)
            log.error("a process cannot be killed and is left behind", pid=child.pid, item=lost.item_id)
        if reason is not None:
            return interrupted(operation, item.claim, reason)
        return failed(operation, item.claim, errors.ProcessDied(_in_words(self._status_of(child.pid))))

    def _status_of(self, pid: int) -> int | None:
        with self._ended:
            self._ended.wait_for(lambda: pid in self._ends, STATUS_SECONDS)
            return self._ends.get(pid)

    def _hear_ends(self) -> None:
        while (end := self._nursery.next_end()) is not None:
            pid, status = end
            with self._ended:
                self._ends[pid] = status
                self._ended.notify_all()
                while len(self._ends) > 100:
                    del self._ends[next(iter(self._ends))]
            if self._abandoned.pop(pid, None):
                log.info("a process that could not be killed has ended", pid=pid)
        if not self._closing:
            log.error("the process that starts processes for isolated items is gone")
            self._on_lost()


def _in_words(status: int | None) -> str:
    """Return how a process ended, given its status as os.waitpid gives it."""
    if status is None:
        return "the process that ran it ended without a word"
    code = status >> 8
    number = status & 0x7F
    if not number:
        return f"the process that ran it ended itself with code {code}"
    name = signal.strsignal(number) or f"signal {number}"
    hint = ", perhaps because memory ran out" if number == signal.SIGKILL else ""
    return f"the process that ran it was ended by {signal.Signals(number).name} ({name}{hint})"
