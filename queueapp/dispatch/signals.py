"""Tells workers that something they hold may not be wanted any more; the fact itself is in the ledger."""

from __future__ import annotations

import redis
import structlog

from queueapp.events import keys

log = structlog.get_logger(__name__)


def signal_change(client: redis.Redis, *, counted: str | None = None) -> None:
    """Make every worker ask the ledger about what it holds, now. Without Redis they ask twice a second.

    What is `counted` (such as `canceled_tasks`) is one more for whoever monitors.
    """
    try:
        pipe = client.pipeline(transaction=False)
        pipe.incr(keys.CANCEL_EPOCH)
        pipe.publish(keys.CANCEL_CHANNEL, b"")
        if counted is not None:
            pipe.hincrby(keys.TALLY, f"events||{counted}", 1)
        pipe.execute()
    except redis.RedisError as error:
        log.warning("workers could not be told of a cancel or pause at once", reason=str(error))
