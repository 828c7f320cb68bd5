"""A child process that performs isolated items, one after another, until its worker hangs up."""

from __future__ import annotations

import os
import queue
import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from queueapp.execution.attempt import attempt
from queueapp.execution.interrupts import Interrupted, Interrupts, Reason
from queueapp.execution.isolated.wire import Done, Hello, Job, Line, Stop, Stopping, Wire
from queueapp.execution.memory import rss_bytes
from queueapp.ledger.progress import Report
from queueapp.processes import step_back

if TYPE_CHECKING:
    from queueapp.runtime import Runtime

#: Seconds for which word of the actor's leaving is waited for after a stop.
LEAVE_SECONDS = 1.0
#: How much rather than other processes the kernel ends a child when memory runs out (0 to 1000).
OOM_SCORE = 500


class SignaledInterrupts(Interrupts):
    """Stops the main thread by a signal, which ends a blocking system call of Python's too."""

    __slots__ = ("item_id", "leaving")

    def __init__(self, item_id: int) -> None:
        super().__init__()
        self.item_id = item_id
        #: set once the actor has got the interrupt
        self.leaving = threading.Event()

    def _knock(self, thread_id: int) -> None:
        signal.pthread_kill(thread_id, signal.SIGUSR1)

    def on_signal(self) -> None:
        """Raise the interrupt in the main thread, if the actor is in a state to get it."""
        if self._inside and not self._holding:
            self.check()

    def check(self) -> None:
        """Raise Interrupted when the item is to stop, and note that it is leaving."""
        if self.reason is not None:
            self.leaving.set()
            raise Interrupted


class Child:
    """What a child process does; its main thread performs, another one listens."""

    def __init__(self, wire: Wire, make_runtime: Callable[[], Runtime]) -> None:
        self._wire = wire
        self._sending = threading.Lock()
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._current: SignaledInterrupts | None = None
        self._runtime = make_runtime()
        self._runtime.forget_connections()
        step_back(os.getpid(), self._runtime.settings.worker.heavy_niceness)

    def serve(self) -> None:
        """Perform what the worker sends."""
        signal.signal(signal.SIGUSR1, lambda *_: self._current.on_signal() if self._current else None)
        threading.Thread(target=self._listen, name="queueapp-listener", daemon=True).start()
        self._send(Hello(os.getpid(), rss_bytes() or 0))
        while True:
            self._perform(self._jobs.get())

    def _perform(self, job: Job) -> None:
        claim = job.claim
        assert self._current is not None
        verdict = attempt(
            self._runtime, self._runtime.registry.get(claim.type), claim, job.worker_id, self, self._current
        )
        self._current = None
        self._send(Done(verdict, rss_bytes() or 0))

    def _listen(self) -> None:
        while True:
            try:
                message = self._wire.receive()
            except (EOFError, OSError):
                os._exit(0)
            if isinstance(message, Job):
                self._current = SignaledInterrupts(message.claim.item_id)
                self._jobs.put(message)
            elif isinstance(message, Stop):
                self._stop(message.item_id, message.reason)

    def _stop(self, item_id: int, reason: Reason) -> None:
        current = self._current
        if current is None or current.item_id != item_id:
            return
        current.request(reason)
        if current.leaving.wait(LEAVE_SECONDS):
            self._send(Stopping())

    def report(self, report: Report) -> None:
        """Send the newest progress of the item."""
        self._send(report)

    def line(self, item_id: int, level: str, message: str) -> None:
        """Send a log line."""
        self._send(Line(message, level))

    def warning(self, task_id: int, message: str) -> None:
        """Send a warning for the task."""
        self._send(Line(message, None))

    def _send(self, message: object) -> None:
        current = self._current
        try:
            if current is None or threading.current_thread() is not threading.main_thread():
                with self._sending:
                    self._wire.send(message)
            else:
                with current.held_back(), self._sending:
                    self._wire.send(message)
        except OSError:
            os._exit(0)


def run(wire: Wire, make_runtime: Callable[[], Runtime]) -> None:
    """Be a child process until the worker hangs up; never returns to code of the process it was forked from."""
    random.seed()
    _prefer_for_out_of_memory()
    Child(wire, make_runtime).serve()


def _prefer_for_out_of_memory() -> None:
    try:
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")
    except OSError:
        pass
