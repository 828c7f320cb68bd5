"""Waits in a request for the end of a task: by its events, holding no database session meanwhile."""

from __future__ import annotations

import threading
import time

from queueapp.events.kinds import KIND_OF_STATUS, Kind
from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from queueapp.runtime import Runtime
from queueapp.states import TASK_TERMINAL
from webui.events.client import Client
from webui.events.frames import Frame
from webui.events.live import live

#: A lost event is late by no more than this.
LOOK_AGAIN_SECONDS = 2.0
ENDS = frozenset({*KIND_OF_STATUS.values(), Kind.TASK_DELETED, Kind.RESET})


class _Waiter(Client):
    """Listens for the end of one task."""

    def __init__(self, task_id: int) -> None:
        super().__init__(task_id, watched=())
        self.watched = frozenset()
        self.heard = threading.Event()

    def offer(self, frame: Frame) -> None:
        """Note an end, or that events were lost."""
        if frame.kind in ENDS and self.wants(frame):
            self.heard.set()

    def beat(self) -> None:
        """Nothing."""

    def end(self) -> None:
        """The process stops: no event will come."""
        self.ended = True
        self.heard.set()


def wait_for_end(runtime: Runtime, task_id: int, seconds: float) -> TaskView:
    """Return a task once it has ended, or as it stands after so many seconds. Raises NotFound."""
    deadline = time.monotonic() + seconds
    hub, waiter = live().hub, _Waiter(task_id)
    live().start()
    hub.join(waiter)
    try:
        while True:
            waiter.heard.clear()
            with runtime.transaction() as session:
                task = reads.get_task(session, task_id)
            left = deadline - time.monotonic()
            if task.status in TASK_TERMINAL or left <= 0 or waiter.ended:
                return task
            waiter.heard.wait(min(left, LOOK_AGAIN_SECONDS))
    finally:
        hub.leave(waiter)
