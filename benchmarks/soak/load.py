"""The load: tasks of many kinds, created as fast as a bounded backlog allows; what was accepted is remembered."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

import sqlalchemy as sa

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.services.enqueue import NewTask, create_task

#: Tasks that may be active at a time.
MOST_ACTIVE = 40
PRIORITIES = (1, 3, 5, 5, 5, 8)


def some_task(chance: random.Random) -> NewTask:
    """A task of a random kind: many quick items, some slow ones, in order, or a few at a time."""
    priority = chance.choice(PRIORITIES)
    kind = chance.randrange(4)
    if kind == 0:
        return NewTask("noop", [{}] * chance.randrange(100, 2000), priority=priority)
    if kind == 1:
        return NewTask("sleep", [{"seconds": 0.02}] * chance.randrange(20, 200), priority=priority)
    if kind == 2:
        return NewTask(
            "sleep", [{"seconds": 0.01}] * chance.randrange(5, 40), priority=priority, max_parallel=1
        )
    slow = [{"seconds": chance.uniform(0.5, 3.0)} for _ in range(chance.randrange(2, 12))]
    return NewTask("sleep", slow, priority=priority, max_parallel=chance.choice([None, 2, 3]))


@dataclass
class Load:
    """Creates tasks in a thread until stopped."""

    runtime: Runtime
    chance: random.Random
    #: id of each accepted task and the number of its items
    accepted: dict[int, int] = field(default_factory=dict)
    refused: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Create no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.05):
            try:
                if self._active() < MOST_ACTIVE:
                    new = some_task(self.chance)
                    self.accepted[create_task(self.runtime, new).task_id] = len(new.items)
            except errors.DatabaseUnavailable:
                self.refused += 1
                self._stopping.wait(0.5)

    def _active(self) -> int:
        with self.runtime.transaction() as session:
            query = sa.text("SELECT count(*) FROM queue_tasks WHERE finished_at IS NULL")
            return int(session.execute(query).scalar() or 0)
