"""Takes messages from Redis for one worker process, and acknowledges them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import redis
import structlog

from queueapp.dispatch import messages
from queueapp.dispatch.messages import Envelope
from queueapp.events import keys

log = structlog.get_logger(__name__)

FETCH = (Path(__file__).parent / "fetch.lua").read_text(encoding="utf-8")
#: Every so many fetches the lowest lane that has work goes first.
LOWEST_FIRST_EVERY = 8


class Inbox:
    """The lanes one process serves, in their order."""

    def __init__(self, client: redis.Redis, broker_id: str, lanes: Sequence[str]) -> None:
        self._redis = client
        self._broker_id = broker_id
        self._lanes = list(lanes)
        self._fetch = client.register_script(FETCH)
        self._fetches = 0
        self._keys = [messages.HEARTBEATS]
        for lane in lanes:
            self._keys += [
                messages.queue_key(lane),
                messages.bodies_key(lane),
                messages.acks_key(broker_id, lane),
            ]

    def fetch(self, count: int) -> list[Envelope]:
        """Take up to `count` messages; garbage among them is logged and has no items. Raises redis.RedisError."""
        self._fetches += 1
        turn = "1" if self._fetches % LOWEST_FIRST_EVERY == 0 else "0"
        flat: list[Any] = self._fetch(keys=self._keys, args=[self._broker_id, count, turn])
        taken = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
        return [_read(self._lanes[number - 1], redis_id.decode(), body) for number, redis_id, body in taken]

    def acknowledge(self, done: Iterable[tuple[str, str]]) -> None:
        """Remove messages, given as (lane, Redis id), whose outcome is committed. Raises redis.RedisError."""
        by_lane: dict[str, list[str]] = {}
        for lane, redis_id in done:
            by_lane.setdefault(lane, []).append(redis_id)
        if not by_lane:
            return
        pipe = self._redis.pipeline(transaction=False)
        for lane, ids in by_lane.items():
            pipe.srem(messages.acks_key(self._broker_id, lane), *ids)
            pipe.hdel(messages.bodies_key(lane), *ids)
        pipe.execute()

    def subscribe(self) -> Any:
        """Return a subscription that gets a message whenever one of the lanes is filled."""
        pubsub: Any = self._redis.pubsub(  # type: ignore[no-untyped-call]
            ignore_subscribe_messages=True
        )
        pubsub.subscribe(*(keys.WAKE_CHANNEL + lane for lane in self._lanes))
        return pubsub


def _read(lane: str, redis_id: str, body: bytes) -> Envelope:
    envelope = messages.decode(lane, redis_id, body)
    if envelope is None:
        log.error("a message in redis is garbage and was thrown away", lane=lane, body=repr(body[:200]))
        return Envelope(lane, redis_id, ())
    return envelope


def forget_process(client: redis.Redis, broker_id: str, lanes: Iterable[str]) -> None:
    """Remove from Redis what a dead process had fetched; its items are handed out anew."""
    for lane in lanes:
        fetched = client.smembers(messages.acks_key(broker_id, lane))
        if fetched:
            client.hdel(messages.bodies_key(lane), *fetched)
        client.delete(messages.acks_key(broker_id, lane))
    client.zrem(messages.HEARTBEATS, broker_id)
