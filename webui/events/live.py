"""The live part of one web process: its hub and its rereader."""

from __future__ import annotations

import threading
from typing import cast

from flask import Flask, current_app

from queueapp.events.subscribe import Subscriber
from queueapp.runtime import Runtime, make_redis
from webui.context import KEY as RUNTIME
from webui.events.hub import Hub
from webui.events.reread import Rereader, ToldStates

KEY = "queueapp.live"
#: the hub's reads wait this long for an event
BLOCK_SECONDS = 1.0


class Live:
    """Made with the app, started by the first client."""

    def __init__(self, runtime: Runtime) -> None:
        told = ToldStates()
        reader = make_redis(runtime.settings.redis_url or "", timeout_seconds=BLOCK_SECONDS + 2)
        self.hub = Hub(Subscriber(reader, BLOCK_SECONDS), told.note)
        self._rereader = Rereader(runtime, self.hub, told)
        self._lock = threading.Lock()
        self._started = False

    def start(self) -> None:
        """Start reading, unless done already; waits for the first try to reach Redis."""
        self.hub.start()
        with self._lock:
            if not self._started:
                self._started = True
                self._rereader.start()


def attach(app: Flask) -> None:
    """Give the app its live part."""
    app.extensions[KEY] = Live(cast("Runtime", app.extensions[RUNTIME]))


def live(app: Flask | None = None) -> Live:
    """The live part of an app, by default of the one that serves this request."""
    return cast("Live", (app or current_app).extensions[KEY])


def position() -> str:
    """Where a page made now should have its events from: take it before reading what the page shows."""
    live().start()
    return live().hub.last_id


def end_streams(app: Flask) -> None:
    """End all streams of a process that is about to stop."""
    live_part: Live = app.extensions[KEY]
    live_part.hub.close()
