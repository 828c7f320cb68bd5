"""What travels through Redis: Dramatiq messages that carry item ids and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dramatiq

#: Prefix of Dramatiq's keys.
NAMESPACE = "dramatiq"
#: Key of Dramatiq's sorted set of processes and their last sign of life.
HEARTBEATS = f"{NAMESPACE}:__heartbeats__"
#: Ids of items are 64 bits wide.
MAX_ID = 2**63 - 1


def queue_key(lane: str) -> str:
    """Return the key of a lane's list of message ids."""
    return f"{NAMESPACE}:{lane}"


def bodies_key(lane: str) -> str:
    """Return the key of a lane's hash of message bodies."""
    return f"{NAMESPACE}:{lane}.msgs"


def acks_key(broker_id: str, lane: str) -> str:
    """Return the key of the set of a process's fetched and not yet acknowledged message ids."""
    return f"{NAMESPACE}:__acks__.{broker_id}.{lane}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as it was fetched: enough to claim its items and to acknowledge it."""

    lane: str
    redis_id: str
    item_ids: tuple[int, ...]
    #: its sender left others in the database, which whoever finishes these sends next
    more: bool = False

    def addressed(self, operation: str, item_ids: Sequence[int]) -> dramatiq.Message[None]:
        """Return a message for an actor of this process; of the fetched one only the items are believed."""
        return dramatiq.Message[None](
            queue_name=self.lane, actor_name=operation, args=(list(item_ids),), kwargs={}, options={}
        )


def encode(lane: str, operation: str, item_ids: Sequence[int], *, more: bool = False) -> tuple[str, bytes]:
    """Return the Redis id and the body of a message for items of one operation."""
    message = dramatiq.Message[None](
        queue_name=lane, actor_name=operation, args=(list(item_ids),), kwargs={}, options={}
    )
    hint = {"more": True} if more else {}
    message = message.copy(options={"redis_message_id": message.message_id, **hint})
    return message.message_id, message.encode()


def decode(lane: str, redis_id: str, body: bytes) -> Envelope | None:
    """Read a fetched message; None when it is no message of ours."""
    try:
        message = dramatiq.Message.decode(body)
        (ids,) = message.args
        more = "more" in message.options
        return Envelope(lane, redis_id, tuple(_id(one) for one in ids), more)
    except (dramatiq.errors.DecodeError, TypeError, ValueError, KeyError, RecursionError):
        return None


def item_ids_of(body: bytes) -> tuple[int, ...]:
    """Return the item ids a body carries, none when it is garbage."""
    envelope = decode("", "", body)
    return envelope.item_ids if envelope else ()


def _id(said: Any) -> int:
    """Return the id of an item; raises ValueError for what can be none."""
    if type(said) is not int or not 0 < said <= MAX_ID:
        raise ValueError("no id of an item")
    return said
