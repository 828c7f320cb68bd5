"""One attempt at one item: read the payload, call the actor, say what came of it. Knows no thread and no process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from queueapp import errors
from queueapp.execution import classify
from queueapp.execution.context import Context, Reports
from queueapp.execution.interrupts import Interrupted, Interrupts, Reason
from queueapp.execution.rows import row_of
from queueapp.ledger.claims import Claim
from queueapp.ledger.items import NewRow
from queueapp.ledger.outcomes import Move
from queueapp.operations import Operation

if TYPE_CHECKING:
    from queueapp.runtime import Runtime

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Verdict:
    """What came of an attempt; `result` and `error` are JSON text, times are seconds."""

    move: Move
    result: str | None = None
    error: str | None = None
    delay_seconds: float = 0.0
    uses_attempt: bool = True
    follow_ups: Sequence[NewRow] = ()


def attempt(
    runtime: Runtime,
    operation: Operation,
    claim: Claim,
    worker_id: int,
    reports: Reports,
    interrupts: Interrupts,
) -> Verdict:
    """Perform an item and return its verdict, whatever happens."""
    try:
        return _perform(operation, claim, Context(runtime, claim, worker_id, reports, interrupts), interrupts)
    except Interrupted:
        assert interrupts.reason is not None
        return interrupted(operation, claim, interrupts.reason)
    except BaseException as error:
        # An actor that calls sys.exit() must not end the thread that runs it.
        return failed(operation, claim, error)


def _perform(operation: Operation, claim: Claim, context: Context, interrupts: Interrupts) -> Verdict:
    payload = operation.parse_stored(claim.payload)
    try:
        result = interrupts.run(lambda: operation.perform(payload, context))
    except errors.Skip as skipped:
        return Verdict(
            Move.SKIPPED, result=classify.result_text({"skipped": skipped.message, **skipped.details})
        )
    verdict = Verdict(Move.COMPLETED, result=classify.result_text(result))
    if context.follow_ups:
        registry = context.runtime.registry
        verdict.follow_ups = [row_of(registry, one, own=True) for one in context.follow_ups]
    return verdict


def interrupted(operation: Operation, claim: Claim, reason: Reason) -> Verdict:
    """Return the verdict on an attempt that was stopped; one stopped by a shutdown is given back unused."""
    if reason is Reason.CANCELED:
        return Verdict(Move.CANCELED)
    if reason is Reason.TIMED_OUT:
        return failed(operation, claim, errors.TimedOut(operation.timeout_seconds))
    return Verdict(Move.RELEASED, uses_attempt=False)


def failed(operation: Operation, claim: Claim, error: BaseException) -> Verdict:
    """Return the verdict on an attempt that raised an error."""
    move, described, delay, uses = classify.failure(operation, claim, error)
    log.info("item did not complete", item=claim.item_id, move=move, reason=classify.message_of(error))
    return Verdict(move, error=described, delay_seconds=delay, uses_attempt=uses)
