"""Tells workers that something they hold may not be wanted any more; the fact itself is in the ledger."""

from __future__ import annotations

import redis
import structlog

from queueapp.events import keys

log = structlog.get_logger(__name__)


def signal_change(client: redis.Redis) -> None:
    """Make every worker ask the ledger about what it holds, now. Without Redis they ask twice a second."""
    try:
        pipe = client.pipeline(transaction=False)
        pipe.incr(keys.CANCEL_EPOCH)
        pipe.publish(keys.CANCEL_CHANNEL, b"")
        pipe.execute()
    except redis.RedisError as error:
        log.warning("workers could not be told of a cancel or pause at once", reason=str(error))
