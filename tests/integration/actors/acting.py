"""An actor's context without a queue: what it says is kept in lists, its claim is always confirmed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy.orm import Session

from queueapp.bootstrap import Runtime
from queueapp.config import Settings
from queueapp.execution import programs
from queueapp.execution.context import Context
from queueapp.execution.interrupts import Interrupts
from queueapp.execution.rows import NewItem


@dataclass
class Acting:
    """Stands in for `queueapp.execution.context.Context`."""

    runtime: Runtime
    task_id: int = 1
    item_id: int = 1
    attempt: int = 1
    dry_run: bool = False
    meta: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    added: list[NewItem] = field(default_factory=list)
    slept: float = 0.0
    interrupts: Interrupts = field(default_factory=Interrupts)
    commands: list[list[str]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """The settings of the runtime."""
        return self.runtime.settings

    @property
    def as_context(self) -> Context:
        """This, typed as what actors take."""
        return cast("Context", self)

    def transaction(self) -> AbstractContextManager[Session]:
        """A database session."""
        return self.runtime.transaction()

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Take progress; it never leaves 0 to 1."""
        assert 0 <= fraction <= 1
        del message
        self.check_canceled()

    def step(self, step: int, total_steps: int, message: str | None = None) -> None:
        """Take progress by steps."""
        self.progress(step / total_steps if total_steps else 0.0, message)

    def check_canceled(self) -> None:
        """Stop when the test has asked to."""
        self.interrupts.check()

    def uninterrupted(self) -> AbstractContextManager[None]:
        """As the real one."""
        return self.interrupts.held_back()

    def run(
        self,
        command: Sequence[str],
        *,
        timeout_seconds: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program, and remember it."""
        self.commands.append(list(command))
        return programs.run(command, self.interrupts, timeout_seconds=timeout_seconds, on_line=on_line)

    def log(self, message: str, level: str = "info") -> None:
        """Keep a line."""
        del level
        self.lines.append(message)

    def warn(self, message: str) -> None:
        """Keep a warning."""
        self.warnings.append(message)

    def sleep(self, seconds: float) -> None:
        """Count the seconds instead of spending them."""
        self.slept += seconds

    def confirm_claim(self) -> None:
        """The claim is held."""

    def add_items(self, new_items: Sequence[NewItem]) -> None:
        """Keep follow-up items."""
        self.added.extend(new_items)
