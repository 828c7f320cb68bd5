"""One connected reader: what it wants, and the bounded queue between it and the hub."""

from __future__ import annotations

import queue
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from queueapp.events.kinds import Kind
from webui.events.frames import HEARTBEAT, Frame, is_covered

#: frames a client may lag behind before it is dropped
MAX_WAITING = 1000


class Shortcut(Protocol):
    """Writes to a connection beside the server, which is at rest meanwhile."""

    def send(self, data: bytes) -> bytes:
        """Write what goes without waiting; return the rest."""

    def finish(self, data: bytes) -> None:
        """Write all, however long that takes."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The rest of a chunk that the connection did not take at once."""

    data: bytes


class Client:
    """Made by a view, fed by the hub, read by the response."""

    def __init__(
        self,
        task_id: int | None = None,
        kinds: Collection[Kind] = (),
        on_drop: Callable[[], None] = lambda: None,
        max_waiting: int = MAX_WAITING,
        watched: Collection[int] = (),
        shortcut: Shortcut | None = None,
    ) -> None:
        """`on_drop` is called when the client is too slow; it should cut the connection.

        `shortcut` writes to the connection while nothing waits for it; waking its reader costs more than that.
        `watched` are tasks whose items it wants besides the events of all tasks.
        """
        self.task_id = task_id
        self.watched = frozenset(watched if task_id is None else [task_id])
        self._kinds = frozenset(kinds)
        self._on_drop = on_drop
        self._max_waiting = max_waiting
        self._queue: queue.SimpleQueue[Frame | Rest | None] = queue.SimpleQueue()
        self._shortcut = shortcut
        #: all that was given out is on the wire, and the reader waits for more
        self._idle = False
        #: id of the newest event that the client has been told otherwise
        self._known = ""
        self.ended = False

    def wants(self, frame: Frame) -> bool:
        """Whether this client is to see a frame; items only interest who watches their task."""
        if frame.kind is Kind.RESET:
            return True
        if self._kinds and frame.kind not in self._kinds:
            return False
        if self.task_id is None:
            return frame.kind is not Kind.ITEM_UPDATED or frame.task_id in self.watched
        return frame.task_id == self.task_id

    def offer(self, frame: Frame) -> None:
        """Hand over a frame; a client that lags too far behind is dropped."""
        if not self.ended and self.wants(frame):
            self._put(frame)

    def beat(self) -> None:
        """Show the client that the stream lives."""
        if not self.ended:
            self._put(HEARTBEAT)

    def _put(self, frame: Frame) -> None:
        if self._idle and self._shortcut is not None:
            rest = b"" if self._is_known(frame) else self._shortcut.send(frame.chunk)
            if rest:
                self._idle = False
                self._queue.put(Rest(rest))
            return
        self._idle = False
        if self._queue.qsize() >= self._max_waiting:
            self.end()
            self._on_drop()
        else:
            self._queue.put(frame)

    def pass_over(self, event_id: str) -> None:
        """Leave out events up to this one, which the client has been told by a replay."""
        self._known = event_id

    def end(self) -> None:
        """Let the stream end after what it has been given."""
        self.ended = True
        self._idle = False
        self._queue.put(None)

    def chunks(self) -> Iterator[bytes]:
        """What goes out: all frames that are there, as one write, until the end."""
        more = True
        while more:
            self._idle = self._queue.empty()
            chunk, more = self._gather(self._queue.get())
            if chunk:
                yield chunk

    def _gather(self, frame: Frame | Rest | None) -> tuple[bytes, bool]:
        """Everything that is there by now, as one write; False at the end of the stream."""
        parts: list[bytes] = []
        while frame is not None:
            if isinstance(frame, Rest):
                self._finish(frame)
            elif not self._is_known(frame):
                parts.append(frame.payload)
            if self._queue.empty():
                return b"".join(parts), True
            frame = self._queue.get()
        return b"".join(parts), False

    def _finish(self, rest: Rest) -> None:
        """Write what the shortcut could not; nothing was gathered before it, for the queue was empty then."""
        if self._shortcut is not None:
            self._shortcut.finish(rest.data)

    def _is_known(self, frame: Frame) -> bool:
        return bool(self._known) and is_covered(frame.event_id, self._known)
