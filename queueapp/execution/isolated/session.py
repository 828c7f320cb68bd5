"""One isolated item in one child, as its worker sees it: hear what it says, stop it when it is to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from queueapp.execution.context import Reports
from queueapp.execution.held import HeldItem
from queueapp.execution.interrupts import Reason
from queueapp.execution.isolated.wire import Done, Job, Line, Stop, Stopping, Wire
from queueapp.ledger.progress import Report
from queueapp.processes import kill_group

#: Seconds an actor has to get the interrupt; one stuck in native code or a system call does not.
POLITE_SECONDS = 0.06
#: Seconds an actor that has got it has to clean up.
CLEANUP_SECONDS = 0.4
#: Seconds a killed process has to be gone; one that hangs in the kernel is not.
KILL_SECONDS = 0.4


class Session:
    """The run of one item; `kill` ends the child's process group."""

    def __init__(self, wire: Wire, pid: int, kill: Callable[[int], None] = kill_group) -> None:
        self._wire = wire
        self._pid = pid
        self._kill = kill
        self._over = threading.Event()
        self._leaving = threading.Event()
        #: it was asked to stop, so the child is of no more use
        self.stopped = False
        #: not even a kill ended the child
        self.abandoned = False

    def run(self, item: HeldItem, reports: Reports) -> Done | None:
        """Have the child perform the item; None when it ended without a verdict, or had to be abandoned."""
        try:
            self._wire.send(Job(item.claim, item.worker_id))
            item.interrupts.tell(lambda reason: self._stop_soon(item, reason))
            return self._listen(item, reports)
        except (EOFError, OSError):
            return None
        finally:
            self._over.set()

    def _listen(self, item: HeldItem, reports: Reports) -> Done:
        while True:
            message = self._wire.receive()
            if isinstance(message, Done):
                return message
            if isinstance(message, Report):
                reports.report(message)
            elif isinstance(message, Stopping):
                self._leaving.set()
            elif isinstance(message, Line) and message.level is None:
                reports.warning(item.claim.task_id, message.message)
            elif isinstance(message, Line):
                reports.line(item.claim.item_id, message.level or "info", message.message)

    def _stop_soon(self, item: HeldItem, reason: Reason) -> None:
        self.stopped = True
        threading.Thread(target=self._stop, args=(item, reason), name="queueapp-stop", daemon=True).start()

    def _stop(self, item: HeldItem, reason: Reason) -> None:
        try:
            self._wire.send(Stop(item.claim.item_id, reason))
        except OSError:
            return
        if self._ends_within(POLITE_SECONDS, or_leaves=True):
            return
        if self._leaving.is_set() and self._over.wait(CLEANUP_SECONDS):
            return
        self._kill(self._pid)
        if not self._over.wait(KILL_SECONDS):
            self.abandoned = True
            self._wire.hang_up()

    def _ends_within(self, seconds: float, *, or_leaves: bool) -> bool:
        """Return whether the item ends in time; stops waiting when the actor is known to be leaving."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._over.wait(0.005):
                return True
            if or_leaves and self._leaving.is_set():
                return False
        return self._over.is_set()
