"""Runs the items of a message: start, attempt here or in a child process, hand the outcome to the writer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from queueapp import errors
from queueapp.execution.attempt import Verdict, attempt, failed, interrupted
from queueapp.execution.held import Held, HeldItem
from queueapp.execution.pace import Pace
from queueapp.ledger.outcomes import Move, Outcome
from queueapp.operations import Operation
from queueapp.rate_limit import RateLimit

if TYPE_CHECKING:
    from queueapp.execution.isolated.children import Children
    from queueapp.execution.watch import Watch
    from queueapp.execution.writer import Writer
    from queueapp.runtime import Runtime

#: When an item of a message took longer, the rest of the message is given back for other threads.
SLOW_SECONDS = 0.1


class Runner:
    """What a Dramatiq worker thread calls with the ids of a message."""

    def __init__(
        self,
        runtime: Runtime,
        held: Held,
        writer: Writer,
        watch: Watch,
        pace: Pace,
        children: Children | None,
    ) -> None:
        self._runtime = runtime
        self._held = held
        self._writer = writer
        self._watch = watch
        self._pace = pace
        self._children = children

    def run_message(self, item_ids: Sequence[int]) -> None:
        """Run those of a message's items that this process still holds."""
        for place, item_id in enumerate(item_ids):
            if not self._watch.is_fresh():
                self._watch.look(item_ids[place:])
            item = self._held.start(item_id)
            if item is None:
                continue
            outcome = self._run(item)
            if not self._held.finish(item):
                return  # it was given up meanwhile, and with it the rest of the message
            self._writer.put(outcome, item.delivery)
            if (outcome.elapsed_seconds or 0.0) > SLOW_SECONDS and place + 1 < len(item_ids):
                self.give_back(self._held.drop(item_ids[place + 1 :]))

    def give_back(self, items: Sequence[HeldItem]) -> None:
        """Return items that were never started; no attempt is used."""
        for item in items:
            self._writer.put(outcome_of(item, Move.RELEASED, uses_attempt=False), item.delivery)

    def _run(self, item: HeldItem) -> Outcome:
        operation = self._runtime.registry.get(item.claim.type)
        verdict = self._attempt(operation, item)
        outcome = outcome_with(item, verdict)
        outcome.grows = operation.grows
        self._pace.took(operation.name, outcome.elapsed_seconds or 0.0)
        self._tell(item, outcome)
        return outcome

    def _tell(self, item: HeldItem, outcome: Outcome) -> None:
        """Count an item that has run."""
        tally, claim = self._pace.tally, item.claim
        tally.ran(claim.type, outcome.move.value, outcome.elapsed_seconds)
        if claim.due_for is not None and item.started_at is not None:
            tally.picked_up(claim.type, claim.due_for + item.started_at - item.claimed_at)

    def _attempt(self, operation: Operation, item: HeldItem) -> Verdict:
        if operation.rate_limit is not None:
            verdict = self._wait_for_turn(operation, operation.rate_limit, item)
            if verdict is not None:
                return verdict
        if operation.isolated and self._children is not None:
            return self._children.run(operation, item, self._writer)
        return attempt(self._runtime, operation, item.claim, item.worker_id, self._writer, item.interrupts)

    def _wait_for_turn(self, operation: Operation, per_second: float, item: HeldItem) -> Verdict | None:
        """Wait for the item's turn; it counts as started only then. Returns a verdict when it is not to start."""
        item.announced = True
        limit = RateLimit(self._runtime.redis, f"operation {operation.name}", per_second)
        try:
            limit.wait_for_turn(item.interrupts.wait)
        except errors.RetryLater as later:
            item.started_at = None
            return failed(operation, item.claim, later)
        if item.interrupts.reason is not None:
            return interrupted(operation, item.claim, item.interrupts.reason)
        item.started_at = time.monotonic()
        item.announced = False
        return None


def outcome_with(item: HeldItem, verdict: Verdict) -> Outcome:
    """Return the outcome of a held item on which there is a verdict."""
    outcome = outcome_of(
        item,
        verdict.move,
        result=verdict.result,
        error=verdict.error,
        delay=verdict.delay_seconds,
        uses_attempt=verdict.uses_attempt,
    )
    outcome.follow_ups = verdict.follow_ups
    return outcome


def outcome_of(
    item: HeldItem,
    move: Move,
    *,
    result: str | None = None,
    error: str | None = None,
    delay: float = 0.0,
    uses_attempt: bool = True,
) -> Outcome:
    """Return the outcome of a held item, with the time it has run."""
    started = item.started_at
    return Outcome(
        item_id=item.claim.item_id,
        task_id=item.claim.task_id,
        claim_number=item.claim.number,
        worker_id=item.worker_id,
        move=move,
        elapsed_seconds=None if started is None else time.monotonic() - started,
        result=result,
        error=error,
        delay_seconds=delay,
        uses_attempt=uses_attempt,
    )
