"""What an application does in each of its worker processes beside the items: one thread for each such work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

from queueapp.runtime import Runtime

log = structlog.get_logger(__name__)

#: Does its work until the event is set, in a process that serves these lanes; it waits for a database that is away,
#: and returns soon when told to stop.
Work = Callable[[Runtime, Sequence[str], threading.Event], None]

#: Seconds after which work that failed is begun again.
AGAIN_SECONDS = 5.0
#: Seconds the threads are given to end once told to.
JOIN_SECONDS = 5.0


class SideWork:
    """The threads of one worker process."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = works
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, runtime: Runtime, lanes: Sequence[str]) -> None:
        """Begin all of it."""
        for work in self._works:
            thread = threading.Thread(
                target=self._keep, args=[work, runtime, lanes], name=f"queueapp-{work.__name__}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Tell all of it to end."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until it has ended."""
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _keep(self, work: Work, runtime: Runtime, lanes: Sequence[str]) -> None:
        while not self._stopping.is_set():
            try:
                work(runtime, lanes, self._stopping)
            except Exception:
                log.exception("side work failed and is begun again", work=work.__name__)
                self._stopping.wait(AGAIN_SECONDS)
