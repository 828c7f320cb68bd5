"""Waits a moment for an operation, told of its end by the events, so that a quick one is answered at once."""

from __future__ import annotations

import time
from typing import Any

import redis

from queueapp.events import keys
from queueapp.runtime import Runtime
from queueapp.services.lists import operation_views
from queueapp.services.lists.operation_views import ListOperationStatus, Row

#: Seconds that a request waits for its operation.
WAIT_SECONDS = 2.0
#: Seconds between two looks while Redis cannot be read.
_POLL_SECONDS = 0.25
_MARK = b'"type":"list_operation"'
OVER = frozenset({ListOperationStatus.COMPLETED, ListOperationStatus.FAILED, ListOperationStatus.CANCELLED})


def wait_for(runtime: Runtime, operation_id: int, seconds: float = WAIT_SECONDS) -> Row:
    """Return an operation when it is over, or as soon as it has to wait for a further try, its own or of one before it.

    At the latest it returns after `seconds`.
    """
    deadline = time.monotonic() + seconds
    position = _newest(runtime.redis)
    while True:
        with runtime.transaction() as session:
            found = operation_views.get_operation(session, operation_id)
            waits = operation_views.has_to_wait(session, found)
        left = deadline - time.monotonic()
        if left <= 0 or found.view.status in OVER or waits:
            return found
        position = _next_event(runtime.redis, position, left)


def _newest(client: redis.Redis) -> bytes | None:
    try:
        last: Any = client.xrevrange(keys.EVENTS, count=1)
    except redis.RedisError:
        return None
    return bytes(last[0][0]) if last else b"0-0"


def _next_event(client: redis.Redis, position: bytes | None, seconds: float) -> bytes | None:
    """Return behind the next event of a list operation, which may be one before ours, or when the time is up."""
    deadline = time.monotonic() + seconds
    while position is not None and (left := deadline - time.monotonic()) > 0:
        try:
            # A little less than the client's own patience with the socket.
            answer: Any = client.xread(
                {keys.EVENTS: position}, count=500, block=max(int(min(left, 1.0) * 1000), 1)
            )
        except redis.RedisError:
            position = None
            break
        for _, entries in answer or ():
            position = entries[-1][0]
            if any(_MARK in fields[b"e"] for _, fields in entries):
                return position
    if position is None:
        time.sleep(min(_POLL_SECONDS, max(deadline - time.monotonic(), 0)))
    return position
