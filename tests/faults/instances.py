"""A whole instance under fault: somebody who keeps posting tasks, and an audit of its embedded database."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from queueapp import bootstrap, config, embedded
from queueapp.bootstrap import Runtime
from tests.acceptance.instances import Instance
from tests.waiting import eventually


@contextmanager
def runtime_of(instance: Instance) -> Iterator[Runtime]:
    """The wired parts on the database and Redis of a running instance."""
    settings = config.load(environ={}, overrides={"data_dir": str(instance.data_dir)})
    runtime = bootstrap.runtime(embedded.running_urls(settings))
    yield runtime
    runtime.close()


class Poster:
    """Posts tasks one after another, in a thread, and remembers which were accepted and when."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._key = instance.json("apikey", "create", "--role", "admin")["key"]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._post, daemon=True)
        #: ids of tasks answered with 201, and the time of each answer
        self.accepted: list[int] = []
        self.accepted_at: list[float] = []
        #: every other status that was answered
        self.refused: set[int] = set()

    def __enter__(self) -> Poster:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(60)

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Wait until so many more tasks have been accepted."""
        wanted = len(self.accepted) + count
        eventually(lambda: len(self.accepted) >= wanted, seconds=seconds, what=f"{count} more tasks accepted")

    def next_after(self, at: float, seconds: float = 60) -> float:
        """Wait for the first task accepted after a moment; return how many seconds after it."""
        found = eventually(lambda: [one for one in self.accepted_at if one > at], seconds=seconds)
        return found[0] - at

    def _post(self) -> None:
        order = {"type": "sleep", "items": [{"seconds": 0.05}] * 3}
        while not self._stopping.is_set():
            with contextlib.suppress(httpx.TransportError, OSError):
                answer = httpx.post(
                    f"{self._instance.url}/api/queues/tasks",
                    headers={"X-Api-Key": self._key},
                    json=order,
                    timeout=10,
                )
                if answer.status_code == 201:
                    self.accepted.append(int(answer.json()["task_id"]))
                    self.accepted_at.append(time.time())
                else:
                    self.refused.add(answer.status_code)
            self._stopping.wait(0.02)
