"""Providers that are left alone for now, and how a person has them tried again."""

from __future__ import annotations

import time

import redis

from queueapp import db, errors
from queueapp.connectors import circuit
from queueapp.connectors.circuit import CircuitView
from queueapp.ledger import dispatchable, pauses
from queueapp.priorities import LANES
from queueapp.runtime import Runtime
from queueapp.services.enqueue import fill_lanes

#: Seconds for which Redis is not asked again after it could not be reached: pages must not wait for it.
REST_SECONDS = 5.0


def list_circuits(runtime: Runtime) -> list[CircuitView] | None:
    """Return the circuits that are open; None while Redis, which knows them, is away."""
    if time.monotonic() < runtime.redis_rests_until:
        return None
    try:
        return circuit.open_circuits(runtime.redis)
    except redis.RedisError:
        runtime.redis_rests_until = time.monotonic() + REST_SECONDS
        return None


def try_again(runtime: Runtime, provider: str) -> int:
    """Close the circuits of a provider and make due what waits because of them; return how many items that is.

    Raises NotFound when none is open, RedisUnavailable, DatabaseUnavailable.
    """
    try:
        if provider not in {one.name for one in circuit.open_circuits(runtime.redis)}:
            raise errors.NotFound(f"no circuit of {provider} is open")
        circuit.reset(runtime.redis, provider)
    except redis.RedisError as error:
        raise errors.RedisUnavailable(f"cannot reach Redis: {error}") from error
    with runtime.transaction() as session:
        conn = db.raw(session)
        count = pauses.end_circuit_waits(conn, provider)
        dispatchable.promote_due(conn, limit=max(count, 1))
    fill_lanes(runtime, range(len(LANES)))
    return count
