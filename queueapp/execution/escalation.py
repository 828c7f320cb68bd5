"""What happens to an item that has been told to stop and does not: its programs are killed, then it is given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from queueapp.execution import programs
from queueapp.execution.attempt import interrupted
from queueapp.execution.held import Held, HeldItem
from queueapp.execution.interrupts import Reason
from queueapp.execution.runner import outcome_with
from queueapp.execution.writer import Writer
from queueapp.operations import Registry

log = structlog.get_logger(__name__)

#: Seconds an item has to stop before what it has started is killed.
PATIENCE_SECONDS = 5.0
#: What the item was told to stop for, in words.
WORDS = {
    Reason.CANCELED: "the cancel",
    Reason.TIMED_OUT: "its timeout",
    Reason.SHUTDOWN: "the stop of its worker",
    Reason.LOST: "the loss of its claim",
}


class Escalation:
    """Ends by force what does not end by itself."""

    def __init__(
        self,
        held: Held,
        writer: Writer,
        registry: Registry,
        give_up_seconds: float,
        on_stuck: Callable[[str], None],
    ) -> None:
        """`on_stuck` is told that a thread of this process is lost; what it ran is recorded without it."""
        self._held = held
        self._writer = writer
        self._registry = registry
        self._give_up_seconds = give_up_seconds
        self._on_stuck = on_stuck

    def look(self, running: Sequence[HeldItem], now: float) -> None:
        """Take the next step with each item that was told to stop long enough ago."""
        for item in running:
            told_at = item.interrupts.requested_at
            if told_at is None:
                continue
            if not item.escalated and now - told_at > PATIENCE_SECONDS:
                self._kill_programs(item)
            if now - told_at > self._give_up_seconds:
                self._give_up(item)

    def _kill_programs(self, item: HeldItem) -> None:
        item.escalated = True
        thread = item.interrupts.native_thread_id
        killed = programs.kill_children_of(thread) if thread is not None else 0
        words = f"{killed} programs it had started were killed" if killed else "it is stopped by force"
        self._say(item, f"it did not stop within {PATIENCE_SECONDS:.0f} s of {self._why(item)}; {words}")

    def _give_up(self, item: HeldItem) -> None:
        """Record the item as stopped although its thread goes on; whatever that says later is overtaken."""
        reason, operation = item.interrupts.reason, self._registry.find(item.claim.type)
        if reason not in {Reason.CANCELED, Reason.TIMED_OUT} or operation is None:
            return
        if not self._held.finish(item):
            return
        self._say(
            item,
            f"it cannot be stopped {self._give_up_seconds:.0f} s after {self._why(item)}; it is given up",
        )
        self._writer.put(outcome_with(item, interrupted(operation, item.claim, reason)), item.delivery)
        self._on_stuck(f"item {item.claim.item_id} ({operation.name}) holds one of its threads for good")

    def _say(self, item: HeldItem, words: str) -> None:
        log.warning("an item does not stop", item=item.claim.item_id, what=words)
        self._writer.line(item.claim.item_id, "warning", words)
        self._writer.warning(item.claim.task_id, f"Item {item.claim.item_id}: {words}")

    @staticmethod
    def _why(item: HeldItem) -> str:
        assert item.interrupts.reason is not None
        return WORDS[item.interrupts.reason]
