"""What an actor is given: how to report, to wait, to run programs and to find further work."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db, errors
from queueapp.execution import programs
from queueapp.execution.rows import NewItem
from queueapp.ledger import progress
from queueapp.ledger.claims import Claim, confirm_claim

__all__ = ["Context", "NewItem"]

if TYPE_CHECKING:
    from queueapp.config import Settings
    from queueapp.runtime import Runtime


class Reports(Protocol):
    """Takes what an actor tells while it runs."""

    def report(self, report: progress.Report) -> None:
        """Take the newest progress of an item."""

    def line(self, item_id: int, level: str, message: str) -> None:
        """Take a log line."""

    def warning(self, task_id: int, message: str) -> None:
        """Take a warning for the task."""


class Interrupts(Protocol):
    """Knows whether the running item is to stop, and holds interrupts back where they would do harm."""

    @property
    def requested(self) -> threading.Event:
        """An event that is set when the item is to stop."""

    def held_back(self) -> AbstractContextManager[None]:
        """Let no interrupt in for the length of a block; raise it at its end."""

    def check(self) -> None:
        """Raise the interrupt that is due."""


class Context:
    """One attempt at one item, as its actor sees it."""

    def __init__(
        self, runtime: Runtime, claim: Claim, worker_id: int, reports: Reports, interrupts: Interrupts
    ) -> None:
        self.runtime = runtime
        self.task_id = claim.task_id
        self.item_id = claim.item_id
        self.attempt = claim.attempt
        self.dry_run = claim.dry_run
        self.follow_ups: list[NewItem] = []
        self._claim = claim
        self._worker_id = worker_id
        self._reports = reports
        self._interrupts = interrupts
        self._task: tuple[str, dict[str, Any]] | None = None
        self._last = progress.Report(claim.item_id, claim.number, worker_id, 0.0, None, None, None)

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.runtime.settings

    @property
    def task_type(self) -> str:
        """The operation of the task, which may differ from the item's."""
        return self._load_task()[0]

    @property
    def meta(self) -> dict[str, Any]:
        """The task's meta; `meta["config"]` is the phase configuration it started with."""
        return self._load_task()[1]

    def _load_task(self) -> tuple[str, dict[str, Any]]:
        if self._task is None:
            with self.transaction() as session:
                row = session.execute(
                    sa.text("SELECT type, meta FROM queue_tasks WHERE id = :id"), {"id": self.task_id}
                ).one()
            self._task = (row.type, row.meta)
        return self._task

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Tell how far the item is, 0 to 1, and what it does now; also a place where it can be canceled."""
        last = self._last
        self._tell(min(max(float(fraction), 0.0), 1.0), message, last.step, last.total_steps)

    def step(self, step: int, total_steps: int, message: str | None = None) -> None:
        """Tell which of how many steps is being done."""
        self._tell(min(step / total_steps, 1.0) if total_steps else 0.0, message, step, total_steps)

    def _tell(self, fraction: float, message: str | None, step: int | None, total: int | None) -> None:
        self.check_canceled()
        self._last = progress.Report(
            self.item_id, self._claim.number, self._worker_id, fraction, message, step, total
        )
        self._reports.report(self._last)

    def log(self, message: str, level: str = "info") -> None:
        """Add a line to the item's log, in words for a person."""
        self._reports.line(self.item_id, level, message)

    def warn(self, message: str) -> None:
        """Add a warning to the task and the item's log; the item may still complete."""
        self._reports.line(self.item_id, "warning", message)
        self._reports.warning(self.task_id, message)

    def check_canceled(self) -> None:
        """Stop here, by raising an interrupt, when the item is canceled, timed out or the worker stops."""
        self._interrupts.check()

    def sleep(self, seconds: float) -> None:
        """Wait, and stop at once when the item is canceled."""
        self._interrupts.requested.wait(max(seconds, 0.0))
        self.check_canceled()

    def confirm_claim(self) -> None:
        """Make sure that the item is still this worker's, before a rename into place or a write outside.

        Raises Permanent when it is not; nothing this attempt says is then recorded anyway.
        """
        self.check_canceled()
        with self.transaction() as session:
            held = confirm_claim(db.raw(session), self._worker_id, self.item_id, self._claim.number)
        if not held:
            raise errors.Permanent("this item has been canceled or given to another worker meanwhile")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a database session, committed at the end. Interrupts wait for that, so keep it short."""
        with self._interrupts.held_back(), self.runtime.transaction() as session:
            yield session

    def uninterrupted(self) -> AbstractContextManager[None]:
        """Hold a cancel back for a block that must not be torn, such as a change in place; keep it short."""
        return self._interrupts.held_back()

    def run(
        self,
        command: Sequence[str],
        *,
        timeout_seconds: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in a process group of its own and return it with its output; it dies when the item stops.

        `on_line` is given each line of its standard output as it comes. Raises subprocess.TimeoutExpired.
        """
        niceness = self.settings.worker.heavy_niceness
        return programs.run(
            command, self._interrupts, timeout_seconds=timeout_seconds, on_line=on_line, niceness=niceness
        )

    def add_items(self, new_items: Sequence[NewItem]) -> None:
        """Add follow-up items to this task; they are stored in the commit that completes this item."""
        self.follow_ups.extend(new_items)
