"""Waiting in tests: for a condition, with a deadline, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
#: Seconds between two looks at most, where less was asked for.
LONGEST_PAUSE = 0.2


def eventually(condition: Callable[[], T], seconds: float = 10, every: float = 0.02, what: str = "") -> T:
    """Call `condition` until it gives something true, and return that.

    It looks after `every` seconds and then ever less often, so that many who wait leave the machine to what they
    wait for.

    Fails the test after `seconds`, naming `what` was waited for and the last thing seen. An AssertionError
    in the condition counts as not yet.
    """
    deadline = time.monotonic() + seconds
    seen: object = None
    while True:
        try:
            value = condition()
        except AssertionError as error:
            seen = error
        else:
            if value:
                return value
            seen = value
        if time.monotonic() > deadline:
            name = what or getattr(condition, "__name__", "the condition")
            raise AssertionError(f"{name} did not come true within {seconds} s; last seen: {seen!r}")
        time.sleep(every)
        every = max(every, min(every * 1.2, LONGEST_PAUSE))
