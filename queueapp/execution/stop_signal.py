"""The signal that stops a worker process, of which a second one would end it at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class StopSignal:
    """SIGTERM as Dramatiq hears it: the process's own and the first from outside count as one."""

    def __init__(self) -> None:
        self._heard = 0
        self._sent = False
        self._next: Callable[[int, FrameType | None], Any] | None = None

    def listen(self) -> None:
        """Stand before the handler there is; only the main thread can, and without a handler there is no need."""
        handler = signal.getsignal(signal.SIGTERM)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            self._next = handler
            signal.signal(signal.SIGTERM, self._hear)

    def send(self) -> None:
        """Stop this process, unless it has been told already."""
        if not self._heard:
            self._sent = True
            os.kill(os.getpid(), signal.SIGTERM)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._heard += 1
        if self._sent and self._heard == 2:
            return
        if self._next is not None:
            self._next(number, frame)
