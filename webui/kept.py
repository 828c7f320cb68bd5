"""Keeps an answer that took long to make, for a while that grows with its price."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")

#: What is made faster than this is made anew each time.
CHEAP_SECONDS = 0.1
#: Kept for so many times as long as it took.
TIMES = 20


class KeptWhileDear(Generic[Value]):
    """One value of one owner; whoever asks while it is made waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: object = None
        self._until = 0.0
        self._value: Value | None = None

    def get(self, owner: object, make: Callable[[], Value]) -> Value:
        """The value kept for this owner, or a new one."""
        with self._lock:
            if self._value is not None and self._owner is owner and time.monotonic() < self._until:
                return self._value
            began = time.monotonic()
            value = make()
            took = time.monotonic() - began
            self._owner, self._value = owner, value
            self._until = time.monotonic() + (took * TIMES if took > CHEAP_SECONDS else 0.0)
            return value
