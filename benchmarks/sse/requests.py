"""Small requests at a steady pace, timed from the moment each was due."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import closing

PATHS = ("/api/queues/ongoing", "/api/queues")
#: requests a second, of all senders together
PACE = 20
SENDERS = 8


class Requests:
    """Runs beside the streams until it is stopped."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {"X-Api-Key": key}
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=[each]) for each in range(SENDERS)]
        self.milliseconds: list[float] = []
        self.failed = 0

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after the answers that are still out."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number: int) -> None:
        due = time.monotonic() + number / PACE
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            while not self._stopping.wait(max(due - time.monotonic(), 0)):
                connection.request("GET", PATHS[number % len(PATHS)], headers=self._headers)
                response = connection.getresponse()
                response.read()
                self.milliseconds.append((time.monotonic() - due) * 1000)
                self.failed += response.status != 200
                due += SENDERS / PACE
