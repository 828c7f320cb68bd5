"""Items whose worker died while they ran: they run again alone, so that a culprit takes no other item with it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from queueapp.execution.held import Held, HeldItem
from queueapp.execution.runner import outcome_of
from queueapp.execution.writer import Writer
from queueapp.ledger.outcomes import Move

#: Seconds for which nothing else is taken beside a suspect; what kills its worker mostly does so early.
ALONE_SECONDS = 60.0
#: Seconds for which a process waits for its other items to end before it passes the suspects on.
PATIENCE_SECONDS = 10.0
#: An item that has run for this long is not waited for.
LONG_SECONDS = 5.0
#: Seconds after which suspects that were passed on are tried again, here or elsewhere.
RETURN_SECONDS = 5.0


class Suspects:
    """The suspects a process has claimed; while there are any, the fetcher takes nothing else."""

    def __init__(self, held: Held, writer: Writer, look: Callable[[Sequence[int]], None]) -> None:
        """`look` asks the ledger whether held items are still wanted."""
        self._held = held
        self._writer = writer
        self._look = look
        self._waiting: deque[tuple[HeldItem, Callable[[], None]]] = deque()
        self._since = 0.0
        self._alone_since: float | None = None

    def add(self, item: HeldItem, deliver: Callable[[], None]) -> None:
        """Take a claimed suspect; `deliver` hands its message to a thread."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((item, deliver))

    def __bool__(self) -> bool:
        return bool(self._waiting) or self._is_alone()

    def _is_alone(self) -> bool:
        """Return whether a suspect still runs for itself."""
        if self._alone_since is None:
            return False
        if self._held and time.monotonic() - self._alone_since < ALONE_SECONDS:
            return True
        self._alone_since = None
        self._since = time.monotonic()
        return False

    def turn(self) -> None:
        """Start the next suspect when nothing else runs here; pass them on when that takes too long."""
        if self._is_alone() or not self._waiting:
            return
        if self._held:
            if self._must_wait_long():
                self.pass_on(RETURN_SECONDS)
            return
        item, deliver = self._waiting.popleft()
        self._alone_since = time.monotonic()
        self._held.add([item])
        self._look([item.claim.item_id])
        deliver()

    def _must_wait_long(self) -> bool:
        now = time.monotonic()
        running_long = any(now - (one.started_at or now) > LONG_SECONDS for one in self._held.running())
        return running_long or now - self._since > PATIENCE_SECONDS

    def pass_on(self, delay_seconds: float) -> None:
        """Give all waiting suspects back; no attempt is used."""
        while self._waiting:
            item, _ = self._waiting.popleft()
            outcome = outcome_of(item, Move.RETRY, delay=delay_seconds, uses_attempt=False)
            self._writer.put(outcome, item.delivery)
