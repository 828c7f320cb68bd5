"""Reads the stream of events from any point on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import redis

from queueapp.events import keys
from queueapp.events.kinds import Event, Kind


def epoch(client: redis.Redis) -> str:
    """Return the word that names this life of Redis; made on first use, gone with a flush."""
    client.set(keys.EPOCH, secrets.token_hex(6), nx=True)
    word: Any = client.get(keys.EPOCH)
    return (word or b"").decode()


class Subscriber:
    """Yields events to one reader. Ids are `<epoch>-<stream id>`, so that an id of before a flush is known as such."""

    def __init__(self, client: redis.Redis, block_seconds: float = 1.0) -> None:
        """`client` needs a socket timeout longer than `block_seconds`."""
        self._redis = client
        self._block_ms = max(int(block_seconds * 1000), 1)
        self._epoch = ""
        self._position = "$"

    @property
    def last_id(self) -> str:
        """The id of the place read up to."""
        return f"{self._epoch}-{self._position}"

    def start(self, last_id: str | None) -> bool:
        """Go behind event `last_id` (None: behind the newest); return False when events in between are gone."""
        self._epoch = epoch(self._redis)
        newest = self._newest()
        if not last_id:
            self._position = newest
            return True
        word, _, position = last_id.partition("-")
        if word == self._epoch and self._is_kept(position):
            self._position = position
            return True
        self._position = newest
        return False

    def _newest(self) -> str:
        last: Any = self._redis.xrevrange(keys.EVENTS, count=1)
        return last[0][0].decode() if last else "0-0"

    def _is_kept(self, position: str) -> bool:
        try:
            wanted = tuple(int(part) for part in position.split("-"))
        except ValueError:
            return False
        first: Any = self._redis.xrange(keys.EVENTS, count=1)
        if not first:
            return wanted == (0, 0)
        oldest = tuple(int(part) for part in first[0][0].decode().split("-"))
        length: Any = self._redis.xlen(keys.EVENTS)
        return wanted >= oldest or length < keys.MAX_EVENTS

    def read(self) -> list[tuple[str, Event]]:
        """Return the events that came since; waits up to `block_seconds` for the first. Raises redis.RedisError.

        After a flush of Redis it returns one `reset` event and goes on from there.
        """
        # In this order: were Redis flushed in between, its new life would be seen and not its events taken for ours.
        together = self._redis.pipeline(transaction=False)
        together.xread({keys.EVENTS: self._position}, count=1000, block=self._block_ms)
        together.get(keys.EPOCH)
        answer: Any
        word: Any
        answer, word = together.execute()
        if (word or b"").decode() != self._epoch:
            self.start(None)
            return [(f"{self._epoch}-{self._position}", Event(kind=Kind.RESET))]
        events = []
        for _, entries in answer or ():
            for entry_id, fields in entries:
                self._position = entry_id.decode()
                events.append((f"{self._epoch}-{self._position}", Event.model_validate_json(fields[b"e"])))
        return events

    def stream(self, last_id: str | None = None) -> Iterator[tuple[str, Event] | None]:
        """Yield events for ever, and None whenever none came for `block_seconds`."""
        if not self.start(last_id):
            yield f"{self._epoch}-{self._position}", Event(kind=Kind.RESET)
        while True:
            events = self.read()
            yield from events
            if not events:
                yield None
