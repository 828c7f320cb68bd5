"""Python's garbage collector while a program loads."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Pause the collector while modules are imported, and exempt what they made for good.

    Nothing of it ever becomes garbage, but the collector would walk through all of it several times while it
    grows, a fifth of a start, and once more with each full collection of a process that serves.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()
