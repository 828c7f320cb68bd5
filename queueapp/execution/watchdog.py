"""Ends a worker process whose threads have died or stand still, for its supervisor to start another.

It counts its own looks, not time: a process that was suspended, or held up by native code, was so as a whole. And
while the database or Redis does not answer, or makes others wait, standing still is no fault.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping

import structlog

log = structlog.get_logger(__name__)

#: Seconds between two looks.
LOOK_SECONDS = 5.0
#: Looks in a row without any movement after which the process ends.
PATIENCE = 12
#: The exit status of a process ended by its watchdog.
EXIT_STATUS = 70


class Watchdog:
    """Looks after the threads of one process."""

    def __init__(
        self,
        threads: Callable[[], Iterable[threading.Thread]],
        pulses: Mapping[str, Callable[[], int]],
        is_held_up: Callable[[], bool],
        end: Callable[[str], None],
    ) -> None:
        """`threads` have to live, each of `pulses` has to change; `is_held_up` says that others are to blame."""
        self._threads = threads
        self._pulses = pulses
        self._is_held_up = is_held_up
        self._end = end
        self._seen: dict[str, int] = {}
        self._still = dict.fromkeys(pulses, 0)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Look once, and end the process if need be."""
        dead = [one.name for one in self._threads() if not one.is_alive()]
        if dead and not self._stopping.is_set():
            self._end(f"its threads {', '.join(dead)} have died")
            return
        now = {name: pulse() for name, pulse in self._pulses.items()}
        still = [name for name, value in now.items() if self._seen.get(name) == value]
        self._seen = now
        if still and self._is_held_up():
            still = []
        self._still = {name: self._still[name] + 1 if name in still else 0 for name in now}
        stuck = [name for name, looks in self._still.items() if looks >= PATIENCE]
        if stuck and not self._stopping.is_set():
            self._end(f"nothing moves in its {', '.join(stuck)}")


def end_process(reason: str) -> None:
    """End this process at once; its items are given to others."""
    log.critical("this worker ends itself to be started again", reason=reason)
    os._exit(EXIT_STATUS)
