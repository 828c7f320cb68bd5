"""What a reconnecting client has missed, read from the stream itself."""

from __future__ import annotations

from collections.abc import Iterator

import redis

from queueapp.events.kinds import Event, Kind
from queueapp.events.subscribe import Subscriber
from webui.events.client import Client
from webui.events.frames import encode, marker

#: reads of up to a thousand events each before a reload is the better answer
MAX_READS = 25


def replay(client_of_redis: redis.Redis, last_id: str, client: Client) -> Iterator[bytes]:
    """Give what happened since `last_id`, of each task and item only the last; or one `reset`.

    `client` must have joined the hub before; what the replay tells, the hub does not tell it again.
    """
    try:
        missed, now = missed_since(client_of_redis, last_id)
    except redis.RedisError:
        yield encode("", Event(kind=Kind.RESET)).payload
        return
    if missed is None:
        yield encode(now, Event(kind=Kind.RESET)).payload
    else:
        client.pass_over(now)
        frames = (encode(event_id, event, last_id) for event_id, event in missed)
        yield b"".join(frame.payload for frame in frames if client.wants(frame))
    yield marker(now)


def missed_since(client: redis.Redis, last_id: str) -> tuple[list[tuple[str, Event]] | None, str]:
    """The last event of each task and item since `last_id`, and the id of the newest event.

    None in place of the events when they cannot be told any more. Raises redis.RedisError.
    """
    source = Subscriber(client, block_seconds=0.001)
    missed = _read_all(source) if source.start(last_id) else None
    return missed, source.last_id


def _read_all(source: Subscriber) -> list[tuple[str, Event]] | None:
    """The events up to now, thinned out; None when there are too many or the stream began anew."""
    latest: dict[tuple[int | None, int | None], tuple[str, Event]] = {}
    for _ in range(MAX_READS):
        events = source.read()
        for event_id, event in events:
            if event.kind is Kind.RESET:
                return None
            key = (event.task_id, event.item_id)
            latest.pop(key, None)
            latest[key] = (event_id, event)
        if not events:
            return list(latest.values())
    return None
