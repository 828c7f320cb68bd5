"""Runs the items of a message: start, perform, classify, hand the outcome to the writer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from queueapp import errors
from queueapp.execution import classify
from queueapp.execution.context import Context
from queueapp.execution.held import Held, HeldItem
from queueapp.execution.interrupts import Interrupted, Reason
from queueapp.execution.pace import Pace
from queueapp.execution.rows import row_of
from queueapp.ledger.outcomes import Move, Outcome
from queueapp.operations import Operation, field_errors

if TYPE_CHECKING:
    from queueapp.execution.watch import Watch
    from queueapp.execution.writer import Writer
    from queueapp.runtime import Runtime

log = structlog.get_logger(__name__)

#: When an item of a message took longer, the rest of the message is given back for other threads.
SLOW_SECONDS = 0.1


class Runner:
    """What a Dramatiq worker thread calls with the ids of a message."""

    def __init__(self, runtime: Runtime, held: Held, writer: Writer, watch: Watch, pace: Pace) -> None:
        self._runtime = runtime
        self._held = held
        self._writer = writer
        self._watch = watch
        self._pace = pace

    def run_message(self, item_ids: Sequence[int]) -> None:
        """Run those of a message's items that this process still holds."""
        for place, item_id in enumerate(item_ids):
            if not self._watch.is_fresh():
                self._watch.look(item_ids[place:])
            item = self._held.start(item_id)
            if item is None:
                continue
            outcome = self._run(item)
            self._held.finish(item)
            self._writer.put(outcome, item.delivery)
            if (outcome.elapsed_seconds or 0.0) > SLOW_SECONDS and place + 1 < len(item_ids):
                self.give_back(self._held.drop(item_ids[place + 1 :]))

    def give_back(self, items: Sequence[HeldItem]) -> None:
        """Return items that were never started; no attempt is used."""
        for item in items:
            self._writer.put(outcome_of(item, Move.RELEASED, uses_attempt=False), item.delivery)

    def _run(self, item: HeldItem) -> Outcome:
        operation = self._runtime.registry.find(item.claim.type)
        if operation is None:
            error = errors.RetryLater(
                f"this worker does not know operation {item.claim.type}", 30, uses_attempt=False
            )
            return outcome_of(
                item, Move.RETRY, error=classify.describe(error), delay=30.0, uses_attempt=False
            )
        try:
            outcome = self._perform(operation, item)
        except Interrupted:
            outcome = self._interrupted(operation, item)
        except Exception as error:
            move, described, delay, uses = classify.failure(operation, item.claim, error)
            outcome = outcome_of(item, move, error=described, delay=delay, uses_attempt=uses)
            log.info(
                "item did not complete", item=item.claim.item_id, move=move, reason=classify.message_of(error)
            )
        outcome.grows = operation.grows
        self._pace.took(operation.name, outcome.elapsed_seconds or 0.0)
        return outcome

    def _perform(self, operation: Operation, item: HeldItem) -> Outcome:
        claim = item.claim
        try:
            payload = operation.payload.model_validate_json(claim.payload)
        except ValidationError as error:
            raise errors.BadPayload(
                f"the stored payload does not fit {operation.name}", field_errors(error)
            ) from None
        context = Context(self._runtime, claim, item.worker_id, self._writer, item.interrupts)
        try:
            result = item.interrupts.run(lambda: operation.perform(payload, context))
        except errors.Skip as skipped:
            return outcome_of(item, Move.SKIPPED, result=classify.result_text({"skipped": skipped.message}))
        outcome = outcome_of(item, Move.COMPLETED, result=classify.result_text(result))
        if context.follow_ups:
            outcome.follow_ups = [row_of(self._runtime.registry, one) for one in context.follow_ups]
        return outcome

    def _interrupted(self, operation: Operation, item: HeldItem) -> Outcome:
        reason = item.interrupts.reason
        if reason is Reason.CANCELED:
            return outcome_of(item, Move.CANCELED)
        if reason is Reason.TIMED_OUT:
            late = errors.RetryLater(f"timed out after {item.timeout_seconds:.0f} s")
            move, described, delay, uses = classify.failure(operation, item.claim, late)
            return outcome_of(item, move, error=described, delay=delay, uses_attempt=uses)
        return outcome_of(item, Move.RELEASED, uses_attempt=False)


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
