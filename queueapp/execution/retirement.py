"""The end of a worker process that ends by itself: it takes nothing more, lets its items finish, then stops."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from queueapp.execution.held import Held

log = structlog.get_logger(__name__)

#: Seconds between two looks at whether the last item has ended.
LOOK_SECONDS = 0.1


class Retirement:
    """Happens at most once to a process; whoever supervises it starts another."""

    def __init__(self, held: Held, take_no_more: Callable[[], None], end: Callable[[], None]) -> None:
        """`take_no_more` also gives back what has not started; `end` stops the process as an outsider would."""
        self._held = held
        self._take_no_more = take_no_more
        self._end = end
        self._begun = threading.Lock()
        self._overtaken = threading.Event()

    def overtake(self) -> None:
        """Note that the process is being stopped from outside; a second signal would end it at once."""
        self._overtaken.set()
        self._begun.acquire(blocking=False)

    def begin(self, reason: str) -> None:
        """Retire the process, in a thread of its own."""
        if self._begun.acquire(blocking=False):
            log.warning("this worker retires: it takes nothing more and ends after its items", reason=reason)
            threading.Thread(target=self._retire, name="queueapp-retirement", daemon=True).start()

    def _retire(self) -> None:
        self._take_no_more()
        while self._held:
            if self._overtaken.wait(LOOK_SECONDS):
                return
        if not self._overtaken.is_set():
            self._end()
