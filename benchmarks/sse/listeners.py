"""A thousand readers of events in one cheap process: `python -m benchmarks.sse.listeners PORT KEY CLIENTS`.

It says `ready` when every stream has begun, counts from the line `begin` on its standard input to the line `end`, and
then prints one JSON object. The age of an event is taken from its id, which holds Redis's clock in milliseconds.
"""

from __future__ import annotations

import json
import re
import resource
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

from benchmarks.statistics import percentile

#: the id of an event, behind the word that names a life of Redis
STAMP = re.compile(rb"id: (?:[0-9a-f]+-)?(\d{13})-\d+\nevent: ")
#: streams opened before the first of them has answered
AT_ONCE = 50


@dataclass
class Heard:
    """What all streams together have heard since the beginning."""

    ages_ms: list[float] = field(default_factory=list)
    bytes: int = 0
    #: streams that ended too early
    ended: int = 0


class Listeners:
    """Opens the streams, then reads whichever has something."""

    def __init__(self, port: int, key: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        self._address = ("127.0.0.1", port)
        self._request = (
            f"GET /events/queues HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {key}\r\n\r\n"
        ).encode()
        self._heard: Heard | None = None
        self._cpu = 0.0

    def open(self, clients: int) -> None:
        """Open so many streams and wait until each has begun."""
        opened = 0
        while opened < clients:
            few = [self._connect() for _ in range(min(AT_ONCE, clients - opened))]
            for one in few:
                if b" 200 " not in one.recv(65536)[:20]:
                    raise ConnectionError("a stream was refused")
                one.setblocking(False)
                self._selector.register(one, selectors.EVENT_READ)
            opened += len(few)

    def run(self) -> Heard:
        """Read until told to end; returns what was heard in between."""
        while True:
            for ready, _ in self._selector.select():
                if ready.fileobj is not sys.stdin:
                    self._read(ready.fileobj)  # type: ignore[arg-type]
                elif self._told():
                    assert self._heard is not None
                    return self._heard

    @property
    def cpu_seconds(self) -> float:
        """What this process has spent since the beginning."""
        return time.process_time() - self._cpu

    def _connect(self) -> socket.socket:
        one = socket.create_connection(self._address, timeout=60)
        one.sendall(self._request)
        return one

    def _told(self) -> bool:
        if sys.stdin.readline().strip() != "begin":
            return True
        self._heard, self._cpu = Heard(), time.process_time()
        return False

    def _read(self, one: socket.socket) -> None:
        try:
            data = one.recv(65536)
        except OSError:
            data = b""
        now = time.time() * 1000
        if not data:
            self._selector.unregister(one)
        heard = self._heard
        if heard is None:
            return
        if not data:
            heard.ended += 1
        heard.bytes += len(data)
        heard.ages_ms += [now - int(stamp) for stamp in STAMP.findall(data)]


def main(arguments: list[str]) -> None:
    """Listen as the arguments say."""
    port, key, clients = int(arguments[0]), arguments[1], int(arguments[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listeners = Listeners(port, key)
    listeners.open(clients)
    print("ready", flush=True)
    heard = listeners.run()
    ages = heard.ages_ms or [float("nan")]
    told = {
        "events": len(heard.ages_ms),
        "p50_ms": percentile(ages, 50),
        "p99_ms": percentile(ages, 99),
        "max_ms": max(ages),
        "megabytes": heard.bytes / 1e6,
        "ended": heard.ended,
        "cpu_seconds": listeners.cpu_seconds,
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
