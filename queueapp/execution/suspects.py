"""Items whose worker died while they ran: they run again alone, so that a culprit takes no other item with it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from queueapp.execution.held import Held, HeldItem
from queueapp.execution.runner import outcome_of
from queueapp.execution.writer import Writer
from queueapp.ledger.outcomes import Move

#: Seconds for which nothing else is started beside an item that was in one crash. It may have been a bystander, so
#: it is watched only as it starts.
WATCH_SECONDS = 0.3
#: Seconds for which nothing else is taken beside an item that was in several.
ALONE_SECONDS = 60.0
#: Seconds for which a process waits for its other items to end: before it starts an item that was in one crash
#: beside them, and before it passes on those that were in several.
PATIENCE_SECONDS = 3.0
LONG_PATIENCE_SECONDS = 10.0
#: Seconds after which suspects that were passed on are tried again, here or elsewhere.
RETURN_SECONDS = 5.0


class Suspects:
    """The suspects a process has claimed; while there are any, the fetcher takes nothing else."""

    def __init__(self, held: Held, writer: Writer, start: Callable[[HeldItem], None]) -> None:
        """`start` records that an item starts, before it does, and makes sure that it is still wanted."""
        self._held = held
        self._writer = writer
        self._start = start
        self._waiting: deque[tuple[HeldItem, Callable[[], None]]] = deque()
        self._since = 0.0
        self._alone_until: float | None = None
        #: what still runs here are suspects themselves, each of which has been watched as it started
        self._beside_suspects = False

    def add(self, item: HeldItem, deliver: Callable[[], None]) -> None:
        """Take a claimed suspect; `deliver` hands its message to a thread."""
        if not self._waiting and not self._is_alone():
            self._since = time.monotonic()
            self._beside_suspects = False
        self._waiting.append((item, deliver))

    def __bool__(self) -> bool:
        return bool(self._waiting) or self._is_alone()

    def _is_alone(self) -> bool:
        """Return whether a suspect is still to be left alone."""
        if self._alone_until is None:
            return False
        if self._held and time.monotonic() < self._alone_until:
            return True
        self._alone_until = None
        self._since = time.monotonic()
        return False

    def turn(self) -> None:
        """Start the next suspect when it may start; pass strict ones on when that takes too long."""
        if self._is_alone() or not self._waiting:
            return
        item, deliver = self._waiting[0]
        strict = item.claim.crash_count > 1
        waited = time.monotonic() - self._since
        if self._held and strict:
            if waited > LONG_PATIENCE_SECONDS:
                self.pass_on(RETURN_SECONDS)
            return
        if self._held and waited < PATIENCE_SECONDS and not self._beside_suspects:
            return
        self._beside_suspects = True
        self._waiting.popleft()
        self._alone_until = time.monotonic() + (ALONE_SECONDS if strict else WATCH_SECONDS)
        self._held.add([item])
        self._start(item)
        deliver()

    def pass_on(self, delay_seconds: float) -> None:
        """Give all waiting suspects back; no attempt is used."""
        while self._waiting:
            item, _ = self._waiting.popleft()
            outcome = outcome_of(item, Move.RETRY, delay=delay_seconds, uses_attempt=False)
            self._writer.put(outcome, item.delivery)
