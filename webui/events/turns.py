"""Turns for others in the middle of long work."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable


def make() -> Callable[[], None]:
    """Return what gives others a turn: threads, or under gevent the greenlets, whatever their sockets have for them.

    A sleep of nothing would not do there: gevent runs what is ready fifty times over before it looks at sockets, and
    a sleep of anything takes a millisecond. A socket that can always be written to is waited for in no time.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("socket"):
        return lambda: time.sleep(0)
    from gevent.socket import wait_write  # only where gunicorn has brought it

    pair = socket.socketpair()
    return lambda: wait_write(pair[0].fileno())
