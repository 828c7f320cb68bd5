"""The peer: a bare Flask stream on gunicorn's gevent worker, as one writes it in an afternoon.

One greenlet reads the same Redis stream as the product, four times a second at most gives its last entry to a queue
for each client, and each client's generator yields what comes. No login, no filters, no replay, no bounds.
"""

from __future__ import annotations

import gevent.monkey

gevent.monkey.patch_all()

import os  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from queue import SimpleQueue  # noqa: E402
from typing import Any  # noqa: E402

import redis  # noqa: E402
from flask import Flask, Response, jsonify  # noqa: E402

from queueapp.events import keys  # noqa: E402

INTERVAL_SECONDS = 0.25

app = Flask(__name__)
_clients: set[SimpleQueue[bytes]] = set()


@app.get("/events/queues")
def events() -> Response:
    """Stream what comes, for ever."""
    mine: SimpleQueue[bytes] = SimpleQueue()
    _clients.add(mine)

    def chunks() -> Iterator[bytes]:
        try:
            yield b"retry: 2000\n\n"
            while True:
                yield mine.get()
        finally:
            _clients.discard(mine)

    return Response(chunks(), mimetype="text/event-stream")


@app.get("/api/queues/ongoing")
@app.get("/api/queues")
@app.get("/health")
def nothing() -> Response:
    """Answer without a database, a login or a thought."""
    return jsonify({"tasks": [], "running": 1, "queued": 0})


def _read() -> None:
    reader = redis.Redis.from_url(os.environ["REDIS_URL"])
    place: Any = "$"
    while True:
        answer: Any = reader.xread({keys.EVENTS: place}, block=1000)
        for _, entries in answer or ():
            place, fields = entries[-1]
            frame = b"id: %b\nevent: task.updated\ndata: %b\n\n" % (place, fields[b"e"])
            for client in list(_clients):
                client.put(frame)
        time.sleep(INTERVAL_SECONDS)


threading.Thread(target=_read, daemon=True).start()
