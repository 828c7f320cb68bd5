"""Stops the run of one item: cooperatively where the actor looks, else by an exception raised in its thread.

An exception is raised only into the thread that is known to run this item, and only while it is inside the actor's
`perform`: raised into an idle Dramatiq thread it would kill that thread for good, raised into the engine or a
connection pool it would leave them torn.
"""

from __future__ import annotations

import ctypes
import enum
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")


class Reason(enum.StrEnum):
    """Why an item is to stop."""

    CANCELED = "canceled"
    TIMED_OUT = "timed_out"
    SHUTDOWN = "shutdown"
    #: the worker was believed dead and its items were given to others
    LOST = "lost"


class Interrupted(BaseException):
    """Raised in an actor to stop it; no `except Exception` swallows it."""


class Interrupts:
    """Whether the running item is to stop, and the way to stop it."""

    __slots__ = (
        "_event", "_holding", "_inside", "_listener", "_lock", "_thread_id", "native_thread_id", "reason",
        "requested_at",
    )  # fmt: skip

    def __init__(self) -> None:
        #: made when somebody waits for it, since most items are over before anybody does
        self._event: threading.Event | None = None
        self.reason: Reason | None = None
        #: on this process's monotonic clock
        self.requested_at: float | None = None
        #: the kernel's id of the thread that is inside `perform`
        self.native_thread_id: int | None = None
        self._listener: Callable[[Reason], None] | None = None
        self._lock = threading.Lock()
        self._thread_id: int | None = None
        self._inside = False
        self._holding = 0

    def request(self, reason: Reason) -> None:
        """Ask the item to stop; the first reason counts. Called again, it knocks again."""
        with self._lock:
            first = self.reason is None
            if first:
                self.reason, self.requested_at = reason, time.monotonic()
            if self._event is not None:
                self._event.set()
            if self._inside and not self._holding and self._thread_id is not None:
                self._knock(self._thread_id)
            listener = self._listener if first else None
        if listener is not None:
            listener(reason)

    def tell(self, listener: Callable[[Reason], None]) -> None:
        """Call `listener` once when the item is to stop; at once when that is so already."""
        with self._lock:
            self._listener = listener
            reason = self.reason
        if reason is not None:
            listener(reason)

    def _knock(self, thread_id: int) -> None:
        """Interrupt the thread inside `perform`."""
        _raise_in(thread_id, Interrupted)

    @property
    def requested(self) -> threading.Event:
        """An event that is set when the item is to stop."""
        with self._lock:
            if self._event is None:
                self._event = threading.Event()
                if self.reason is not None:
                    self._event.set()
            return self._event

    def wait(self, seconds: float) -> None:
        """Wait, less long when the item is to stop meanwhile."""
        self.requested.wait(max(seconds, 0.0))

    def run(self, perform: Callable[[], Result]) -> Result:
        """Call `perform` so that it can be interrupted; raises Interrupted."""
        try:
            try:
                self._enter()
                self.check()
                return perform()
            finally:
                self._leave()
        except Interrupted:
            self._leave()
            raise

    def _enter(self) -> None:
        with self._lock:
            self._thread_id = threading.get_ident()
            self.native_thread_id = threading.current_thread().native_id
            self._inside = True

    def _leave(self) -> None:
        with self._lock:
            self._inside = False
            if self.reason is not None:  # else nothing was raised
                _raise_in(threading.get_ident(), None)

    def check(self) -> None:
        """Raise Interrupted when the item is to stop."""
        if self.reason is not None:
            raise Interrupted

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let no exception into this thread for the length of a block; what is due is raised at its end."""
        with self._lock:
            self._holding += 1
            _raise_in(threading.get_ident(), None)
        try:
            yield
        finally:
            with self._lock:
                self._holding -= 1
        self.check()


def _raise_in(thread_id: int, exception: type[BaseException] | None) -> None:
    """Raise an exception in a thread at its next step, or with None take back one that is due."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread_id), ctypes.py_object(exception) if exception is not None else None
    )
