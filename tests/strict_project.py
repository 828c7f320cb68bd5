"""A project whose broker is as strict as stock Dramatiq can be: nothing may be old, slow or fail once."""

from __future__ import annotations

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, Retries, ShutdownNotifications, TimeLimit
from pydantic import BaseModel

from queueapp import Context, QueueMiddleware, bootstrap, config, operation

broker = RedisBroker(
    url=os.environ["REDIS_URL"],
    middleware=[
        AgeLimit(max_age=1),
        TimeLimit(time_limit=200, interval=20),
        ShutdownNotifications(notify_shutdown=True),
        Retries(max_retries=5, min_backoff=1),
    ],
)
dramatiq.set_broker(broker)
broker.add_middleware(QueueMiddleware(lambda: bootstrap.runtime(config.load(), with_operations=False)))


class Slow(BaseModel):
    """Nothing to say."""


@operation("slow", payload=Slow, max_attempts=2, backoff_seconds=0.1)
def slow(payload: Slow, context: Context) -> dict[str, int]:
    """Take longer than the broker's time limit, and fail at first."""
    context.sleep(1.0)
    if context.attempt == 1:
        raise RuntimeError("the first attempt fails")
    return {"attempt": context.attempt}
