"""Compares the ledger with Redis and with the workers, and tells what the relay repaired last; it changes nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import redis
from pydantic import BaseModel, Field

from queueapp import db, errors
from queueapp.dispatch import messages
from queueapp.dispatch.relay import TRANSIT_SECONDS
from queueapp.ledger import in_flight
from queueapp.ledger.dispatchable import undelivered
from queueapp.ledger.in_flight import SilentWorker, Undelivered
from queueapp.ledger.repairs import REMEMBERED, Repair, Repaired, history, last_repair
from queueapp.priorities import LANES
from queueapp.runtime import Runtime

#: Of each kind of finding so many are named; all are counted.
NAMED = 100
#: A worker acknowledges a message this long after its outcome is committed, at most.
ACKNOWLEDGE_SECONDS = 0.5


class StrayMessage(BaseModel):
    """A message in Redis none of whose items is dispatched."""

    lane: str
    message_id: str
    item_ids: list[int]


class Reconciliation(BaseModel):
    """Where ledger, Redis and workers disagree."""

    checked_at: datetime
    agrees: bool = Field(description="Whether nothing was found")
    items_without_message_count: int
    items_without_message: list[Undelivered] = Field(
        description=f"Dispatched over {TRANSIT_SECONDS:g} s ago, claimed by nobody, not in Redis; {NAMED} at most"
    )
    messages_without_item_count: int
    messages_without_item: list[StrayMessage] = Field(
        description=f"Messages none of whose items is dispatched; harmless; {NAMED} at most"
    )
    silent_workers: list[SilentWorker] = Field(
        description="Workers without heartbeat, and those that are gone and still hold items"
    )
    last_repair: Repair | None = Field(description="What was handed out again last; null: never anything")
    repairs: list[Repaired] = Field(description=f"What was put right, newest first; {REMEMBERED} at most")


def reconcile(runtime: Runtime) -> Reconciliation:
    """Compare, looking twice at what changes meanwhile. Raises DatabaseUnavailable, RedisUnavailable."""
    with runtime.transaction() as session:
        waiting = {one for ids in undelivered(db.raw(session), TRANSIT_SECONDS).values() for one in ids}
    try:
        held = _messages(runtime.redis)
        carried = {one for message in held.values() for one in message.item_ids}
        with runtime.transaction() as session:
            conn = db.raw(session)
            lost = in_flight.still_undelivered(conn, waiting - carried, TRANSIT_SECONDS)
            dispatched = in_flight.dispatched_of(conn, carried)
            silent = in_flight.held_by_silent_workers(conn)
            repair, repaired = last_repair(conn), history(conn)
        stray = _still_held(runtime.redis, _without(dispatched, held))
    except redis.RedisError as error:
        raise errors.RedisUnavailable(f"cannot reach Redis: {error}") from error
    return Reconciliation(
        checked_at=datetime.now(UTC),
        agrees=not (lost or stray or silent),
        items_without_message_count=len(lost),
        items_without_message=lost[:NAMED],
        messages_without_item_count=len(stray),
        messages_without_item=stray[:NAMED],
        silent_workers=silent,
        last_repair=repair,
        repairs=repaired,
    )


def _messages(client: redis.Redis) -> dict[str, StrayMessage]:
    """All messages, waiting or fetched, by id; a window a lane, never the backlog."""
    found = {}
    for lane in LANES:
        bodies: Any = client.hgetall(messages.bodies_key(lane))
        for key, body in bodies.items():
            name = key.decode("utf-8", "replace")
            found[name] = StrayMessage(lane=lane, message_id=name, item_ids=messages.item_ids_of(body))
    return found


def _without(dispatched: set[int], held: Mapping[str, StrayMessage]) -> list[StrayMessage]:
    return [message for message in held.values() if dispatched.isdisjoint(message.item_ids)]


def _still_held(client: redis.Redis, suspects: list[StrayMessage]) -> list[StrayMessage]:
    """Those that are not about to be acknowledged."""
    if not suspects:
        return []
    time.sleep(ACKNOWLEDGE_SECONDS)
    return [one for one in suspects if client.hexists(messages.bodies_key(one.lane), one.message_id)]
