"""What a worker process and the child that runs an isolated item tell one another, over one socket."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from queueapp.execution.attempt import Verdict
from queueapp.execution.interrupts import Reason
from queueapp.ledger.claims import Claim
from queueapp.ledger.progress import Report


@dataclass(frozen=True, slots=True)
class Hello:
    """The child's first word: it is ready for jobs."""

    pid: int
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class Job:
    """An item to perform."""

    claim: Claim
    worker_id: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the item with this claim; any other has ended already."""

    item_id: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Stopping:
    """The actor has got the interrupt and is leaving; only what it cleans up takes time now."""


@dataclass(frozen=True, slots=True)
class Line:
    """A log line of the item, or with level None a warning for its task."""

    message: str
    level: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """The item's verdict, and how much memory the child uses after it."""

    verdict: Verdict
    rss_bytes: int


#: What a child may send.
FromChild = Hello | Stopping | Report | Line | Done


class Wire:
    """One end of the socket."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._connection = Connection(os.dup(end.fileno()))

    def send(self, message: Any) -> None:
        """Send a message; raises OSError when the other end is gone."""
        self._connection.send(message)

    def receive(self, timeout_seconds: float | None = None) -> Any:
        """Wait for a message and return it; raises EOFError or OSError when the other end is gone or silent."""
        if timeout_seconds is not None and not self._connection.poll(timeout_seconds):
            raise TimeoutError("no answer")
        return self._connection.recv()

    def hang_up(self) -> None:
        """End the conversation for both; who waits here for a message gets EOFError."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        """Close this end."""
        self._connection.close()
        self._socket.close()
