"""Events as they go over the wire (text/event-stream)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from queueapp.events.kinds import Event, Kind

#: milliseconds after which a browser reconnects
RETRY_MS = 2000
#: seconds of silence after which a comment shows that the stream is alive
HEARTBEAT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Frame:
    """One event, encoded once for all clients."""

    kind: Kind | None
    task_id: int | None
    #: the event's own id
    event_id: str
    payload: bytes
    #: the same as one chunk of an HTTP/1.1 answer
    chunk: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Frame it once for all connections."""
        object.__setattr__(self, "chunk", b"%X\r\n%b\r\n" % (len(self.payload), self.payload))


#: a comment, for every client alike
HEARTBEAT = Frame(None, None, "", b": still here\n\n")


def encode(event_id: str, event: Event, resume_id: str | None = None) -> Frame:
    """The frame of an event. `resume_id` is where a client that has seen this frame may go on from."""
    data = json.dumps(event.data(), ensure_ascii=False, separators=(",", ":"))
    text = f"id: {resume_id or event_id}\nevent: {event.kind.value}\ndata: {data}\n\n"
    return Frame(event.kind, event.task_id, event_id, text.encode())


def marker(event_id: str) -> bytes:
    """Tells a client, without an event, from where to go on."""
    return f"id: {event_id}\n\n".encode()


def opening(event_id: str) -> bytes:
    """What a stream begins with: how soon to reconnect, and from where."""
    place = f"id: {event_id}\n" if event_id else ""
    return f"retry: {RETRY_MS}\n{place}\n".encode()


def is_covered(event_id: str, by: str) -> bool:
    """Whether the event `event_id` is not newer than the event `by` of the same stream."""
    epoch, place = _place(event_id)
    other_epoch, other_place = _place(by)
    return epoch == other_epoch and place <= other_place


def _place(event_id: str) -> tuple[str, tuple[int, ...]]:
    epoch, _, place = event_id.partition("-")
    return epoch, tuple(int(part) for part in place.split("-") if part.isdigit())
