"""Shows tasks live in the terminal: redrawn in place on a terminal, as plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext

import sqlalchemy as sa
from rich.console import Console, Group
from rich.live import Live

from queueapp import bootstrap, errors
from queueapp.cli.chain import Snapshot, as_line, read_snapshot, render, summary
from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from queueapp.states import TASK_ACTIVE

LIVE_SECONDS = 0.25
#: Plain lines about one task come at most this often.
LINE_SECONDS = 2.0
#: Most tasks drawn at once.
SHOWN = 4


class Screen:
    """Where tasks are shown: a live picture on a terminal, lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live = (
            Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        )
        self._said: dict[int, tuple[str, float]] = {}

    def open(self) -> AbstractContextManager[object]:
        """Draw while this context is open."""
        return self._live if self._live is not None else nullcontext()

    def show(self, snapshots: list[Snapshot]) -> None:
        """Show the present state of the tasks that run."""
        if self._live is not None:
            self._live.update(Group(*(render(snapshot) for snapshot in snapshots)))
            return
        now = time.monotonic()
        for snapshot in snapshots:
            line, (last, at) = as_line(snapshot), self._said.get(snapshot.task.id, ("", 0.0))
            if line != last and now - at >= LINE_SECONDS:
                self._said[snapshot.task.id] = (line, now)
                self.say(line)

    def say(self, line: str) -> None:
        """Print one line above the picture."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def wait_for_task(runtime: bootstrap.Runtime, task_id: int, console: Console) -> TaskView:
    """Show a task until it has ended, and return it. Raises NotFound."""
    screen = Screen(console)
    with screen.open():
        while True:
            with runtime.transaction() as session:
                snapshot = read_snapshot(session, task_id)
            if snapshot.task.status not in TASK_ACTIVE and not snapshot.task.canceling:
                break
            screen.show([snapshot])
            time.sleep(LIVE_SECONDS)
    screen.say(summary(snapshot.task))
    return snapshot.task


class Watcher(threading.Thread):
    """Shows whatever runs in an instance, until stopped."""

    def __init__(self, runtime: bootstrap.Runtime, screen: Screen) -> None:
        super().__init__(name="watcher", daemon=True)
        self._runtime = runtime
        self._screen = screen
        self._stopped = threading.Event()
        self._following: set[int] = set()
        self._away = False

    def run(self) -> None:
        """Look again every quarter of a second; a database that is away is said once."""
        with self._screen.open():
            while not self._stopped.wait(LIVE_SECONDS):
                try:
                    self._look()
                    self._away = False
                except (errors.QueueAppError, sa.exc.SQLAlchemyError) as error:
                    if not self._away:
                        self._screen.say(f"cannot look at the tasks: {str(error).splitlines()[0]}")
                    self._away = True

    def stop(self) -> None:
        """Show the last state and end."""
        self._stopped.set()
        self.join(timeout=10)

    def _look(self) -> None:
        with self._runtime.transaction() as session:
            active = [task.id for task in reads.ongoing(session, limit=SHOWN).tasks]
            snapshots = [read_snapshot(session, task_id) for task_id in active]
            ended = reads.get_tasks(session, sorted(self._following - set(active)))
        for task in ended:
            if task.status not in TASK_ACTIVE:
                self._screen.say(summary(task))
        self._following = set(active)
        self._screen.show(snapshots)
