"""Thins out updates: at most four a second of each task and item, and the last state always sent."""

from __future__ import annotations

import math
from dataclasses import dataclass

from queueapp.events.kinds import Event, Kind
from webui.events.frames import Frame, encode

#: least seconds between two updates of one task
INTERVAL_SECONDS = 0.25
#: how many tasks' last times are remembered before old ones are forgotten
REMEMBERED = 5000

Key = tuple[str, int]


@dataclass(slots=True)
class _Waiting:
    #: id of the event before the first one held back: a client may go on from here without loss
    before_id: str
    event_id: str
    event: Event
    due: float


class Coalescer:
    """Takes events in order and gives frames; not thread-safe; `now` is handed in, in seconds.

    Whoever reconnects with a frame's id misses nothing: it stands before every event still held back.
    """

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval = interval_seconds
        self._sent: dict[Key, float] = {}
        self._waiting: dict[Key, _Waiting] = {}
        self.last_id = ""

    def add(self, event_id: str, event: Event, now: float) -> Frame | None:
        """Take an event; return its frame if it is to be sent at once.

        An event that stands in no stream has the id "".
        """
        before_id = self.last_id or event_id
        self.last_id = event_id or self.last_id
        key = _key(event)
        if key is None:
            return self._send_fact(event_id, event, now)
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.event_id, waiting.event = event_id, event
            return None
        due = self._sent.get(key, -math.inf) + self._interval
        if due > now:
            self._waiting[key] = _Waiting(before_id, event_id, event, due)
            return None
        return self._send(key, event_id, event, now)

    def due(self, now: float) -> list[Frame]:
        """The frames whose time has come."""
        ready = [(key, each) for key, each in self._waiting.items() if each.due <= now]
        frames = []
        for key, each in ready:
            del self._waiting[key]
            frames.append(self._send(key, each.event_id, each.event, now))
        self._forget(now)
        return frames

    def next_due(self) -> float | None:
        """When `due` has something to give; None while nothing is held back."""
        return min((each.due for each in self._waiting.values()), default=None)

    def _send_fact(self, event_id: str, event: Event, now: float) -> Frame:
        if event.kind is Kind.RESET:
            self._waiting.clear()
        elif event.task_id is not None:
            # What follows a task's end or beginning says all that an earlier update would have said.
            self._waiting.pop(("task", event.task_id), None)
            self._sent[("task", event.task_id)] = now
        return encode(event_id, event, self._safe_id())

    def _send(self, key: Key, event_id: str, event: Event, now: float) -> Frame:
        self._sent[key] = now
        return encode(event_id, event, self._safe_id())

    def _safe_id(self) -> str:
        first = next(iter(self._waiting.values()), None)
        return first.before_id if first else self.last_id

    def _forget(self, now: float) -> None:
        if len(self._sent) > REMEMBERED:
            self._sent = {key: at for key, at in self._sent.items() if at + self._interval > now}


def _key(event: Event) -> Key | None:
    """What an update is an update of; None for events that are sent each by itself."""
    if event.kind is Kind.ITEM_UPDATED and event.item_id is not None:
        return "item", event.item_id
    if event.kind is Kind.TASK_UPDATED and event.task_id is not None:
        return "task", event.task_id
    return None
